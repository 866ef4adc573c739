//! Families of words: what servers call one thing, in the languages that they speak.
//!
//! A word that ends in `*` is a stem. Accents are dropped on both sides, so `rejeté` is `rejete`.

/// Words that say nothing where they stand.
pub(in crate::classify) const FILLERS: &str = "a an the is was are were be been being has have had that this \
    these your our my his her its their it of in on at as and or so who which s we i you sorry \
    please le la les de du des un une est el los en der die das dem den ein eine ist wurde wird dd";

/// The families, by their names.
pub(in crate::classify) const SETS: &[(&str, &str)] = &[
    // Who or what does not get the message.
    (
        "box",
        "user users rcptto mailbox mailboxes mbox inbox recipient recipients rcpt addressee account \
         accounts alias aliases username userid login customer subscriber mailaddress maildrop \
         benutzer nutzer empfänger empfaenger postfach konto mailadresse emailadresse \
         benutzerkonto destinataire utilisateur boite boîte compte usuario destinatario buzón buzon \
         cuenta casilla utente casella caixa conta użytkownik \
         ユーザ ユーザー 宛先 受信者 メールボックス アカウント 利用者 グループ 受取人 あて先 \
         用户 用戶 收件人 邮箱 信箱 帐号 账号 帳號 邮箱用户 收信人",
    ),
    (
        "addr",
        "address addresses adresse adresses addresse dirección direccion endereço indirizzo \
         addr メールアドレス アドレス 地址 邮件地址",
    ),
    (
        "unknown",
        "unknown unbekannt inconnu inconnue desconocido desconocida sconosciuto \
         unrecognized unrecognised unknow unkown 不明 未知",
    ),
    (
        "absent",
        "nonexistent nonexist inexistant inexistante inexistente inesistente \
         存在しません 存在しない 不存在 见つかりません 見つかりません 見つからない 不明です ありません \
         没有 沒有 查无此人",
    ),
    ("exist", "exist exists exits existe existiert existing exister existieren esiste"),
    (
        "not",
        "not no non isn't doesn't dosn't doesnot hasn't haven't don't wasn't cannot can't could couldn't didn't never isnt \
         doesnt dont cant nicht kein keine pas ne n'existe nonexistent unable unless aren't won't",
    ),
    (
        "recognise",
        "recognise recognize recognised recognized recognizes recognises reconnu erkannt",
    ),
    ("found", "found find located locate trouvé trouvee gefunden encontrado encontrada lookup"),
    (
        "invalid",
        "invalid illegal malformed bad improper invalide invalides ungültig ungueltig \
         ungültige inválido invalido invalida inválida 無効 無効な 无效 非法 incorrect wrong",
    ),
    ("valid", "valid gültig gueltig válido valide legal legitimate"),
    ("accept", "accept* allowed permitted authorized authorised listed recognized recognised"),
    (
        "host",
        "host hosts hostname domain domains domainname mx site domaine dominio \
         ドメイン ホスト 域名",
    ),
    // Why it does not.
    (
        "disabled",
        "disabled deactivated inactive suspended locked frozen expired closed blocked \
         terminated discontinued cancelled canceled deleted removed dormant deaktiviert gesperrt \
         désactivé désactivée suspendu suspendue bloqué inactif desactivado desactivada suspendida \
         inactivated unactivated abandoned retired 停止 休止 停用 禁用 冻结 锁定 凍結 無効化 deprovisioned",
    ),
    (
        "full",
        "full overquota overlimit overfull exceeded exceeds exceed exceeding over exhausted \
         voll pleine plein llena lleno piena cheia überschritten ueberschritten dépassé depasse \
         überfüllt excedido excedida superato cota 超過 いっぱい 一杯 已满 超出 满 容量不足 已滿",
    ),
    (
        "quota",
        "quota quotas storage speicherplatz speichervolumen kontingent speicher capacity \
         cuota 容量 配额 空间 espace stockage mailboxquota diskquota",
    ),
    (
        "box_or_quota",
        "mailbox inbox quota quotas storage space user account recipient box mbox \
         postfach boite mailfolder 容量 メールボックス 邮箱 信箱",
    ),
    (
        "message",
        "message messages mail mails email emails  letter nachricht courriel \
         mensaje mensajes correo messaggio メール メッセージ 邮件 信件 content data nachrichten",
    ),
    ("size", "size length größe groesse gross taille tamaño dimensione サイズ 大小 grosse groß"),
    (
        "large",
        "large big huge long oversize* gross groß volumineux grande grand 大きすぎ 过大 太大 \
         大きい heavy",
    ),
    (
        "limit",
        "limit limits limitation maximum max allowed quota permitted threshold 上限 制限 \
         allowable limite",
    ),
    (
        "exceed",
        "exceed exceeds exceeded exceeding over above überschreitet ueberschreitet depasse \
         dépasse 超え 超过 超過 超えて 超出 larger bigger greater reached hit excede achieved",
    ),
    // What happened to it.
    (
        "rejected",
        "rejected reject rejects refused refuse denied deny blocked bounced declined \
         discarded dropped rejecting refusing blocking disallowed forbidden prohibited abgelehnt \
         abgewiesen zurückgewiesen verweigert rejeté rejetée rejete refusé refusée refuse rechazado \
         rechazada rifiutato rejeitado 拒否 拒绝 拒絕 拒收 withheld banned prevented quarantined",
    ),
    (
        "blocked",
        "blocked block blocks blocking banned ban refused denied rejected bloqué blockiert \
         gesperrt bloqueado bloqueada 拒否 封 deferred barred restricted",
    ),
    (
        "listed",
        "listed listing blacklisted blocklisted blacklist blocklist blacklists blocklists \
         denylist denylisted blackhole ",
    ),
    ("list", "list lists listing listings database rbl dnsbl zone db"),
    (
        "ip",
        "ip ips ipaddress ipv4 ipv6 host hosts client hostname network networks subnet netblock \
         ホスト",
    ),
    ("from", "from for by"),
    // Those who send.
    (
        "sender",
        "sender senders originator from mailfrom absender expéditeur expediteur emetteur \
         émetteur remitente mittente remetente 送信者 送信元 发件人 發件人 returnpath ",
    ),
    (
        "spam",
        "spam unsolicited junk junkmail spammy uce ube bulk phishing phish spams spammer \
         spammers spamming phising scam 迷惑メール スパム 垃圾邮件 垃圾 垃圾郵件 pourriel scams \
         malspam spamassassin",
    ),
    (
        "virus",
        "virus viruses malware infected trojan worm virii viral ウイルス ウィルス 病毒 ransomware",
    ),
    // Who may use it.
    ("relay", "relay relaying relayed relays 中継 relais"),
    (
        "auth",
        "authentication authenticate authenticated auth authentification \
         authentifizierung autenticación authorize login 認証 验证 身份验证 认证 驗證 autenticazione \
         anmeldung unauthenticated authentifier",
    ),
    (
        "need",
        "required require requires need needs needed must necessary mandatory erforderlich \
         first nötig requis requise 必要 必須 necesaria requerida requisita 需要",
    ),
    (
        "fail",
        "failed fail fails failure failures failing unsuccessful fehlgeschlagen \
         échec echec échoué fallida fallito fallida 失敗 失败 unable broken",
    ),
    (
        "credential",
        "password passwords credentials credential username login passwort  \
         contraseña パスワード 密码 密碼 passphrase userid",
    ),
    ("tls", "tls starttls ssl encryption encrypted crypt 暗号化 加密"),
    ("spf", "spf senderid"),
    (
        "check",
        "check checks validation verification evaluation test policy record result lookup \
         checking verify validate",
    ),
    // How much.
    (
        "much",
        "many much frequent* frequency excessive excess exceeded high viele zuviele trop \
         demasiados demasiadas troppi unusual fast quickly 太多 过多 多すぎ 過多 頻繁 频繁",
    ),
    (
        "rate",
        "rate rates frequency throughput volume speed throttl* ratelimit velocity traffic \
         频率 頻度",
    ),
    (
        "rcpts",
        "recipients rcpts rcpt destinataires empfänger destinatarios recipient 收件人 宛先 addresses",
    ),
    (
        "conns",
        "connections connection sessions session verbindungen connexions conexiones connects \
         接続 连接 threads 連線",
    ),
    (
        "msgs",
        "messages mails emails message mail email nachrichten mensajes メール 邮件 traffic \
         deliveries transactions",
    ),
    ("later", "later again retry tard später spaeter tarde"),
    ("slow", "slow slower slowly"),
    // Where it went wrong.
    (
        "system",
        "system server service mailserver host site mta mailsystem サーバー サーバ 系统 serveur \
         servidor backend process sistema",
    ),
    (
        "trouble",
        "error errors problem problems fault failure misconfigur* overload* trouble \
         erreur fehler misconfigured difficulties exception エラー 错误 outage issue panic",
    ),
    (
        "down",
        "down unavailable unavailble busy offline overloaded maintenance indisponible occupé \
          利用できません  ausgelastet",
    ),
    (
        "temporary",
        "temporary temporarily temporär vorübergehend transient intermittent tempfail \
         temporairement temporário temporal temporalmente 一時的 一時的に 临时 暂时",
    ),
    ("waiting", "later später spaeter tarde timeout timed pending maintenance deferred"),
    (
        "internal",
        "internal local configuration config software programming unexpected backend \
         processing lookup database ldap queue dns mysql sql cluster disk  interne",
    ),
    ("dns", "dns rdns nameserver resolver"),
    ("ptr", "ptr rdns reverse revdns  逆引き fcrdns inverse"),
    ("helo", "helo ehlo lhlo"),
    ("command", "command commands syntax sequence argument arguments parameter parameters verb"),
    (
        "header",
        "header headers subject from date  messageid mime bcc cc line lines \
         kopfzeile ヘッダ",
    ),
    (
        "attachment",
        "attachment attachments attached file files extension extensions executable \
         filename zip exe pièce anhang 添付 附件 archive macro macros",
    ),
    ("url", "url urls link links uri uris hyperlink domain domains website surbl uribl"),
    (
        "policy",
        "policy policies policyviolation rule rules restriction restrictions regulation \
         regulations administrative richtlinie politique politiques 策略 ポリシー directive acl filter \
         filters criteria richtlinien",
    ),
    ("reputation", "reputation score  senderscore senderbase reputations"),
    ("complaint", "complaints complaint complained"),
    ("dmarc", "dmarc"),
    ("moved", "moved changed relocated replaced migrated forwarded"),
    ("loop", "loop loops looping looped hops hop circular boucle schleife ループ"),
    ("timeout", "timeout timedout timed expired exceeded expire expires"),
    ("in_reply", "reply response"),
    (
        "dnsbl",
        "spamhaus sbl xbl pbl zen spamcop sorbs barracuda barracudacentral dnsbl dnsbls rbl \
         rbls blacklist blacklisted blacklists blocklist blocklisted blocklists uceprotect abuseat cbl \
         psbl mailspike invaluement surriel manitu nixspam ixhash backscatterer spamrl hostkarma \
         junkemailfilter cymru abusix spfbl gbudb csma \
         wpbl njabl ahbl dsbl ordb spamrats rblsmtpd drbl anonmails trendmicro senderbase emailbasura \
          madavi interserver dnswl fabel  spameatingmonkey \
         unsubscore v4bl swinog zapbl",
    ),
];
