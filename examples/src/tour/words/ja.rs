//! The tour in Japanese, in the polite form of providers' help pages.

use std::time::Duration;

use super::{Flaw, Label, Phrasebook, Step, Trouble, seconds};

/// Says it in Japanese.
pub(super) struct Japanese;

impl Phrasebook for Japanese {
    fn title(&self) -> &'static str {
        "メールが届くまで"
    }

    fn introduction(&self) -> &'static str {
        "アリスは north.test に、ボブは south.test に住んでいます。どちらの町にも
郵便局（メールサーバー）が一つずつあります。二つともこのプロセスの中で動き、
ツアーが終わるとデータごと片付けられます。ドメイン、サーバー、アドレス："
    }

    fn relay_port(&self, port: u16) -> String {
        format!(
            "ほかのサーバーからのメールは、どちらもポート {port} で受け取ります。
どちらに届けるかを決めるのは DNS だけです。"
        )
    }

    fn settings(&self, who: &str) -> String {
        format!("{who} のメールソフトの設定：")
    }

    fn waiting(&self) -> &'static str {
        "二人のメールソフトはすでにログインし、新着の知らせを待っています（IMAP）。"
    }

    fn step(&self, step: Step) -> (&'static str, &'static str) {
        match step {
            Step::Compose => (
                "アリスがメールを書きます",
                "メールの実体はテキストです。名前の付いた項目が並ぶヘッダー、空行、本文の
順に並びます。ほかの実行と取り違えないよう、この実行だけの合言葉を件名に
入れておきます。",
            ),
            Step::Submit => (
                "メールソフトが自分の郵便局に預けます（SMTP、サブミッション）",
                "まず STARTTLS で通信を暗号化し、次に AUTH で本人であることを示します。
パスワードが暗号化されずに流れることはありません。250 の応答は、以後の配送を
郵便局が引き受けたという意味です。",
            ),
            Step::Queue => (
                "送信待ちの列（キュー）に入ります",
                "宛先は別の町なので、届けに行かなければなりません。メールはすでにディスクに
保存され、先頭には消印にあたる Received 欄が付いています。どこから、どこが、
いつ受け取ったかの記録です。",
            ),
            Step::LookUp => (
                "south.test あてのメールの届け先を DNS に尋ねます",
                "ドメインの MX レコードは、メールを受け取るサーバーの名前を示します。
そのサーバーの A（または AAAA）レコードが所在を示します。ここではドメイン
自身にアドレスがないため、MX レコードがなければ届けようがありません。",
            ),
            Step::Relay => (
                "北の郵便局から南の郵便局へ渡します（SMTP、サーバー間）",
                "言葉は先ほどと同じ SMTP ですが、ログインはしません。南の郵便局は、自分の町の
住人あてのメールなら誰からでも受け取ります。この区間も STARTTLS で
暗号化します。",
            ),
            Step::Store => (
                "南の郵便局がボブのメールボックスに入れます",
                "250 と応答する前に、ディスクへの書き込みは済んでいます。Return-Path 欄は、
配送できなかったときの連絡先です。保存場所を直接のぞいてみます。",
            ),
            Step::Announce => (
                "ボブのメールソフトに新着の知らせが届きます（IMAP、IDLE）",
                "アリスが書き始める前から、接続したまま待っていました。何度も問い合わせる
必要はなく、届いたときにサーバーのほうから知らせてくれます。",
            ),
            Step::Read => (
                "ボブがメールを読みます（IMAP）",
                "IMAP では、メールはサーバーに残ります。読み出した内容は保存されているものと
1 バイトも違わず、その後半はアリスが書いたものと 1 バイトも違いません。",
            ),
            Step::Fetch => (
                "ボブの古いパソコンがメールを引き取ります（POP3）",
                "POP3 では、メールを手元に取り込み（RETR）、削除の印を付け（DELE）、QUIT で
サーバーから削除します。もう一度見ると何も残っておらず、待っている IMAP
接続にも削除が知らされます。",
            ),
            Step::Trace => (
                "消印をたどります",
                "経由したサーバーは、それぞれ Received 欄を先頭に付け足しています。古い順に
読みます。ESMTPSA は TLS とログインを経た送信、ESMTPS は TLS による
サーバー間の受け渡しです。",
            ),
            Step::UnknownUser => (
                "550：宛先が見つかりません",
                "アリスが宛先を打ち間違えました。南の郵便局には該当するメールボックスがなく、
受け取りを断ります。北の郵便局が不達通知を書き、アリスのメールボックスに
届けます。",
            ),
            Step::NotServed => (
                "551：このサーバーでは扱っていません",
                "former.test の MX レコードは今も南の郵便局を指していますが、契約は終了して
います。南の郵便局はこのドメインを扱わず、転送もしません。",
            ),
            Step::MailboxFull => (
                "552：メールボックスがいっぱいです",
                "キャロルのメールボックスには、このメールを入れる空きがありません。送る前に
サイズを伝えているので、南の郵便局は本文を受け取る前に断れます。",
            ),
            Step::NotYours => (
                "553：本人のアドレスではありません",
                "アリスが自分のアカウントでログインし、上司の名前で送ろうとします。自分の
郵便局にその場で断られるため、不達通知は届きません。",
            ),
            Step::Loop => (
                "554：メールが循環しています",
                "二つのサーバーが互いに転送し合い、消印はすでに 99 個あります。北の郵便局の
消印が 100 個目です。南の郵便局が止めなければ、いつまでも回り続けます。",
            ),
        }
    }

    fn refusals(&self) -> &'static str {
        "戻ってくる 5 通のメールと対処方法"
    }

    fn label(&self, label: Label) -> &'static str {
        match label {
            Label::Server => "サーバー：　　",
            Label::Encryption => "暗号化：　　　",
            Label::Login => "ログイン：　　",
            Label::OnTheWire => "通信の内容：　",
            Label::Answer => "応答：　　　　",
            Label::QueuedFor => "配送待ち：　　",
            Label::For => "対象：　　　　",
            Label::Question => "質問：　　　　",
            Label::DnsAnswer => "回答：　　　　",
            Label::Mailbox => "保存先：　　　",
            Label::Octets => "バイト数：　　",
            Label::News => "知らせ：　　　",
            Label::Left => "残りの件数：　",
            Label::Notice => "不達通知：　　",
            Label::About => "元のメール：　",
        }
    }

    fn letter(&self) -> &'static str {
        "ボブさん

このメールは、キューに並び、DNS に道を尋ね、二つのサーバーを通って
届きました。どう旅してきたかは、いちばん上に書いてあります。

アリス
"
    }

    fn farewell(&self, steps: usize, token: &str, time: Duration) -> String {
        format!("全 {steps} ステップが {} 秒で完了しました（合言葉 {token}）。", seconds(time))
    }

    fn failed(&self, step: Option<Step>, why: &str) -> String {
        match step {
            Some(step) => {
                format!("ステップ {}（{}）で失敗しました：{why}", step.number(), self.step(step).0)
            }
            None => format!("ツアーを始められませんでした：{why}"),
        }
    }

    fn trouble(&self, trouble: &Trouble) -> String {
        match trouble {
            Trouble::NoToken => "読み出した内容に、この実行の合言葉がありません".to_owned(),
            Trouble::TooLate => "時間内に何も起こりませんでした".to_owned(),
            Trouble::Flawed(flaw) => self.flaw(*flaw).to_owned(),
            Trouble::WrongReply { wanted, got } => {
                format!("{wanted} の応答を待っていましたが、実際の応答は「{got}」でした")
            }
            Trouble::Unanswered(why) => format!("メールへの応答がありませんでした（{why}）"),
            Trouble::NoRoute(why) => format!("届け先がわかりません（{why}）"),
            Trouble::PutOff(why) => format!("配送できず、キューに残っています（{why}）"),
            Trouble::Client(why) => format!("通信に失敗しました（{why}）"),
            Trouble::Office(_)
            | Trouble::Store(_)
            | Trouble::Account(_)
            | Trouble::Tls(_)
            | Trouble::Io(_)
            | Trouble::Misuse(_)
            | Trouble::Name(_)
            | Trouble::Compose(_) => format!("準備または出力に失敗しました（{trouble}）"),
        }
    }

    fn flaw(&self, flaw: Flaw) -> &'static str {
        match flaw {
            Flaw::InTheClear => "通信が暗号化されていません",
            Flaw::NotOverUdp => "MX レコードの問い合わせに UDP が使われていません",
            Flaw::OtherHost => "MX レコードが示すはずのサーバーとは別の相手に届きました",
            Flaw::Changed => "届いた内容が、送った内容と異なります",
            Flaw::StillThere => "削除したはずのメールが残っています",
            Flaw::Miscounted => "そこにあるのは、予定していた 1 通のメールだけではありません",
            Flaw::NoTrace => "Received 欄から経路をたどれません",
            Flaw::NoReason => "不達通知にサーバーの応答が書かれていません",
            Flaw::NoRemedy => "この応答の原因と対処方法がわかりません",
        }
    }
}
