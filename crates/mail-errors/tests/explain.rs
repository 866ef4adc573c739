//! What people are told, to the letter.

#![cfg(feature = "classify")]

use mail_errors::diagnosis::{Checklist, Diagnosis, Language, Symptom};
use mail_errors::{Reply, ReplyCode};

/// A reply of one line as it stands on the wire.
fn reply(line: &str) -> Reply {
    let (code, text) = line.split_once(' ').unwrap_or((line, ""));
    let code = ReplyCode::new(code.parse().expect("digits")).expect("three digits");
    Reply::new(code, None, text).expect("a text of one line")
}

#[track_caller]
fn told(line: &str, language: Language, expected: &str) {
    assert_eq!(Diagnosis::of(&reply(line)).explain(language).to_string(), expected);
}

#[test]
fn en_550() {
    let expected = "\
550: The mailbox cannot be reached, or the message was refused.
Possible causes, the likeliest first:
1. The recipient's address is misspelt, or there is no such mailbox.
  To act: the sender
  - Compare the address with the original, letter by letter.
  - Ask the recipient by other means for the address that is valid now.
2. The domain behind the @ is misspelt or does not exist, or its DNS entries are wrong.
  To act: the sender
  - Check the domain, the part behind the @.
  - Ask the recipient by other means for the address that is valid now.
3. The receiving server's policy does not allow it.
  To act: the receiver's provider or mail administrator
  - Ask the recipient to allow mail from your address.
  - Send the whole reply to the administrator of the receiving server.
The code leaves the cause open: read the whole text of the reply, it often says more.";
    told("550", Language::English, expected);
}

#[test]
fn ja_550() {
    let expected = "\
550：宛先のメールボックスが利用できないか、受信を拒否されました。
考えられる原因（可能性の高い順）：
1. 宛先のメールアドレスが間違っているか、存在しません。
  対応が必要な方：送信者
  ・宛先のメールアドレスに誤りがないか、一文字ずつご確認ください。
  ・電話など別の方法で、現在有効なメールアドレスを受信者にご確認ください。
2. 宛先のドメイン（@ より後ろの部分）が間違っているか、存在しないか、DNS 設定に誤りがあります。
  対応が必要な方：送信者
  ・ドメイン（@ より後ろの部分）に誤りがないかご確認ください。
  ・電話など別の方法で、現在有効なメールアドレスを受信者にご確認ください。
3. 受信サーバーのポリシーにより、受信を拒否されました。
  対応が必要な方：受信側のプロバイダーまたはメール管理者
  ・送信者のメールアドレスを受信許可に設定するよう、受信者にご依頼ください。
  ・エラーメッセージの全文を添えて、受信側のサーバー管理者にお問い合わせください。
コードだけでは原因を特定できません。エラーメッセージの全文もあわせてご確認ください。";
    told("550", Language::Japanese, expected);
}

#[test]
fn en_551() {
    let expected = "\
551: The recipient is not served here.
Possible causes, the likeliest first:
1. The recipient's address is misspelt, or there is no such mailbox.
  To act: the sender
  - Compare the address with the original, letter by letter.
  - Ask the recipient by other means for the address that is valid now.
2. The recipient has moved to another address.
  To act: the sender
  - If the reply names a new address, send there.
  - Ask the recipient by other means for the address that is valid now.
3. The recipient is not local to this server, and it does not pass mail on for this sender.
  To act: the sender
  - Compare the address with the original, letter by letter.
  - Turn on SMTP AUTH for the outgoing server and use port 587 or 465.
  - Send through the outgoing server of your own provider or domain.
4. The recipient's mailbox is locked, inactive or suspended, or the contract has ended.
  To act: the recipient
  - Ask the recipient by other means for the address that is valid now.
  - Ask the recipient to check account and contract with the provider.
5. The receiving server's policy does not allow it.
  To act: the receiver's provider or mail administrator
  - Ask the recipient to allow mail from your address.
  - Send the whole reply to the administrator of the receiving server.
The code leaves the cause open: read the whole text of the reply, it often says more.";
    told("551", Language::English, expected);
}

#[test]
fn ja_551() {
    let expected = "\
551：宛先のメールアドレスは、このサーバーでは受け付けられませんでした。
考えられる原因（可能性の高い順）：
1. 宛先のメールアドレスが間違っているか、存在しません。
  対応が必要な方：送信者
  ・宛先のメールアドレスに誤りがないか、一文字ずつご確認ください。
  ・電話など別の方法で、現在有効なメールアドレスを受信者にご確認ください。
2. 宛先のメールアドレスは変更されています。
  対応が必要な方：送信者
  ・エラーメッセージに新しいメールアドレスが記載されている場合は、そちらにお送りください。
  ・電話など別の方法で、現在有効なメールアドレスを受信者にご確認ください。
3. このサーバーで扱っていない宛先であり、中継も許可されていません。
  対応が必要な方：送信者
  ・宛先のメールアドレスに誤りがないか、一文字ずつご確認ください。
  ・送信サーバーの設定で SMTP 認証を有効にし、ポート 587 または 465 をご利用ください。
  ・ご契約中のプロバイダーまたはドメインの送信サーバーを指定しているかご確認ください。
4. 宛先のメールボックスが停止または休止されているか、契約が終了しています。
  対応が必要な方：受信者
  ・電話など別の方法で、現在有効なメールアドレスを受信者にご確認ください。
  ・アカウントと契約の状態をプロバイダーに確認するよう、受信者にご依頼ください。
5. 受信サーバーのポリシーにより、受信を拒否されました。
  対応が必要な方：受信側のプロバイダーまたはメール管理者
  ・送信者のメールアドレスを受信許可に設定するよう、受信者にご依頼ください。
  ・エラーメッセージの全文を添えて、受信側のサーバー管理者にお問い合わせください。
コードだけでは原因を特定できません。エラーメッセージの全文もあわせてご確認ください。";
    told("551", Language::Japanese, expected);
}

#[test]
fn en_552() {
    let expected = "\
552: The message is over the size limit, or the mailbox is full.
Possible causes, the likeliest first:
1. The message is over the size limit.
  To act: the sender
  - Compress the attachments, or leave some out.
  - Send it in several messages.
  - Put the files on a transfer service and send the link.
2. The recipient's mailbox is full.
  To act: the recipient
  - Ask the recipient to delete mail or to raise the quota.
  - Send it again after some hours.
The code leaves the cause open: read the whole text of the reply, it often says more.";
    told("552", Language::English, expected);
}

#[test]
fn ja_552() {
    let expected = "\
552：メールのサイズが上限を超えているか、メールボックスの容量が不足しています。
考えられる原因（可能性の高い順）：
1. メールのサイズが上限を超えています。
  対応が必要な方：送信者
  ・添付ファイルを圧縮するか、減らしてください。
  ・複数のメールに分けてお送りください。
  ・ファイル転送サービスを利用し、ダウンロード用の URL をお送りください。
2. 宛先のメールボックスの容量がいっぱいです。
  対応が必要な方：受信者
  ・不要なメールの削除や容量の追加を、受信者にご依頼ください。
  ・数時間ほどおいてから、もう一度お送りください。
コードだけでは原因を特定できません。エラーメッセージの全文もあわせてご確認ください。";
    told("552", Language::Japanese, expected);
}

#[test]
fn en_553() {
    let expected = "\
553: The address of the sender or of the recipient was not accepted.
Possible causes, the likeliest first:
1. The sender's address or its domain is not accepted.
  To act: the sender
  - Set the sender's address in the mail program to the account's own.
  - Check the account settings and the contract with your provider.
2. The server wants the sender to log in first (SMTP AUTH).
  To act: the sender
  - Turn on SMTP AUTH for the outgoing server and use port 587 or 465.
  - Check the account settings and the contract with your provider.
3. The recipient's address is misspelt, or there is no such mailbox.
  To act: the sender
  - Compare the address with the original, letter by letter.
  - Ask the recipient by other means for the address that is valid now.
4. The recipient is not local to this server, and it does not pass mail on for this sender.
  To act: the sender
  - Compare the address with the original, letter by letter.
  - Turn on SMTP AUTH for the outgoing server and use port 587 or 465.
  - Send through the outgoing server of your own provider or domain.
5. The message is judged to be spam.
  To act: the sender
  - Change subject, text and links that look like advertising or fraud.
  - Ask the recipient to allow mail from your address.
  - Send the whole reply to your provider or mail administrator.
The code leaves the cause open: read the whole text of the reply, it often says more.";
    told("553", Language::English, expected);
}

#[test]
fn ja_553() {
    let expected = "\
553：送信者または宛先のメールアドレスが受け付けられませんでした。
考えられる原因（可能性の高い順）：
1. 送信者のメールアドレスまたはドメインが受け付けられませんでした。
  対応が必要な方：送信者
  ・メールソフトの送信者（差出人）のメールアドレスが、アカウントと一致しているかご確認ください。
  ・アカウントの設定と、ご契約中のプロバイダーの契約状況をご確認ください。
2. 送信時の認証（SMTP 認証）が必要です。
  対応が必要な方：送信者
  ・送信サーバーの設定で SMTP 認証を有効にし、ポート 587 または 465 をご利用ください。
  ・アカウントの設定と、ご契約中のプロバイダーの契約状況をご確認ください。
3. 宛先のメールアドレスが間違っているか、存在しません。
  対応が必要な方：送信者
  ・宛先のメールアドレスに誤りがないか、一文字ずつご確認ください。
  ・電話など別の方法で、現在有効なメールアドレスを受信者にご確認ください。
4. このサーバーで扱っていない宛先であり、中継も許可されていません。
  対応が必要な方：送信者
  ・宛先のメールアドレスに誤りがないか、一文字ずつご確認ください。
  ・送信サーバーの設定で SMTP 認証を有効にし、ポート 587 または 465 をご利用ください。
  ・ご契約中のプロバイダーまたはドメインの送信サーバーを指定しているかご確認ください。
5. 迷惑メールと判定されました。
  対応が必要な方：送信者
  ・件名、本文、URL などを、迷惑メールと判定されにくい内容に変更してください。
  ・送信者のメールアドレスを受信許可に設定するよう、受信者にご依頼ください。
  ・エラーメッセージの全文を添えて、ご契約中のプロバイダーまたはメール管理者にご相談ください。
コードだけでは原因を特定できません。エラーメッセージの全文もあわせてご確認ください。";
    told("553", Language::Japanese, expected);
}

#[test]
fn en_554() {
    let expected = "\
554: The delivery failed.
Possible causes, the likeliest first:
1. The other server is down, overloaded or wrongly configured.
  To act: the receiver's provider or mail administrator
  - Send it again after some hours.
  - Send the whole reply to the administrator of the receiving server.
2. The message goes in circles between servers.
  To act: the receiver's provider or mail administrator
  - Ask the recipient to check the forwarding and the address it leads to.
  - Send the whole reply to the administrator of the receiving server.
3. The sending server's address is on a block list.
  To act: the sender's provider or mail administrator
  - Send the whole reply to your provider or mail administrator.
  - Send through the outgoing server of your own provider or domain.
4. The message is judged to be spam.
  To act: the sender
  - Change subject, text and links that look like advertising or fraud.
  - Ask the recipient to allow mail from your address.
  - Send the whole reply to your provider or mail administrator.
The code leaves the cause open: read the whole text of the reply, it often says more.";
    told("554", Language::English, expected);
}

#[test]
fn ja_554() {
    let expected = "\
554：メールの配送に失敗しました。
考えられる原因（可能性の高い順）：
1. 相手のサーバーが停止しているか、混雑または設定の不備により受信できない状態です。
  対応が必要な方：受信側のプロバイダーまたはメール管理者
  ・数時間ほどおいてから、もう一度お送りください。
  ・エラーメッセージの全文を添えて、受信側のサーバー管理者にお問い合わせください。
2. メールがサーバー間で循環（ループ）しています。
  対応が必要な方：受信側のプロバイダーまたはメール管理者
  ・転送設定と転送先のメールアドレスを確認するよう、受信者にご依頼ください。
  ・エラーメッセージの全文を添えて、受信側のサーバー管理者にお問い合わせください。
3. 送信サーバーの IP アドレスがブロックリストに登録されています。
  対応が必要な方：送信側のプロバイダーまたはメール管理者
  ・エラーメッセージの全文を添えて、ご契約中のプロバイダーまたはメール管理者にご相談ください。
  ・ご契約中のプロバイダーまたはドメインの送信サーバーを指定しているかご確認ください。
4. 迷惑メールと判定されました。
  対応が必要な方：送信者
  ・件名、本文、URL などを、迷惑メールと判定されにくい内容に変更してください。
  ・送信者のメールアドレスを受信許可に設定するよう、受信者にご依頼ください。
  ・エラーメッセージの全文を添えて、ご契約中のプロバイダーまたはメール管理者にご相談ください。
コードだけでは原因を特定できません。エラーメッセージの全文もあわせてご確認ください。";
    told("554", Language::Japanese, expected);
}

#[test]
fn en_named_cause() {
    let expected = "\
550: The mailbox cannot be reached, or the message was refused.
5.1.1: Addressing status (Bad destination mailbox address)
Cause: The recipient's address is misspelt, or there is no such mailbox.
  To act: the sender
  - Compare the address with the original, letter by letter.
  - Ask the recipient by other means for the address that is valid now.
  For the administrator of the sending server:
  - Take the address off your lists, and do not send to it again.
It will never arrive at this address: do not send to it again.";
    told("550 5.1.1 <gone@example.org>... User unknown", Language::English, expected);
}

#[test]
fn ja_named_cause() {
    let expected = "\
550：宛先のメールボックスが利用できないか、受信を拒否されました。
5.1.1：メールアドレスに関する通知（Bad destination mailbox address）
原因：宛先のメールアドレスが間違っているか、存在しません。
  対応が必要な方：送信者
  ・宛先のメールアドレスに誤りがないか、一文字ずつご確認ください。
  ・電話など別の方法で、現在有効なメールアドレスを受信者にご確認ください。
  送信サーバーの管理者の方：
  ・この宛先を送信リストから削除し、今後は送信しないでください。
この宛先には今後も届きません。再送しないでください。";
    told("550 5.1.1 <gone@example.org>... User unknown", Language::Japanese, expected);
}

#[test]
fn en_open_enhanced_code() {
    let expected = "\
550: The mailbox cannot be reached, or the message was refused.
5.7.1: Security or policy status (Delivery not authorized, message refused)
Possible causes, the likeliest first:
1. The sending server's address is on a block list.
  To act: the sender's provider or mail administrator
  - Send the whole reply to your provider or mail administrator.
  - Send through the outgoing server of your own provider or domain.
2. The message is judged to be spam.
  To act: the sender
  - Change subject, text and links that look like advertising or fraud.
  - Ask the recipient to allow mail from your address.
  - Send the whole reply to your provider or mail administrator.
3. The recipient is not local to this server, and it does not pass mail on for this sender.
  To act: the sender
  - Compare the address with the original, letter by letter.
  - Turn on SMTP AUTH for the outgoing server and use port 587 or 465.
  - Send through the outgoing server of your own provider or domain.
4. The receiving server's policy does not allow it.
  To act: the receiver's provider or mail administrator
  - Ask the recipient to allow mail from your address.
  - Send the whole reply to the administrator of the receiving server.
The code leaves the cause open: read the whole text of the reply, it often says more.";
    told("550 5.7.1 zzz", Language::English, expected);
}

#[test]
fn en_unknown_code() {
    let expected = "\
471: The server could not do it for now.
The failure is temporary: the sending server tries again by itself.
The code leaves the cause open: read the whole text of the reply, it often says more.
If mail does not go out, check:
  - Is the network connection working?
  - Does your provider report a fault or maintenance of its mail server?
  - Has the domain or the contract with the provider expired?
  - Are server name, port, encryption and SMTP AUTH right in the mail program?
  - Does the access provider block port 25 (OP25B)? Then use port 587.
  - Does security software block the mail program?";
    told("471 zzz", Language::English, expected);
}

#[test]
fn ja_unknown_code() {
    let expected = "\
471：一時的な理由により、受け付けられませんでした。
一時的なエラーです。送信サーバーが自動的に再送しますので、しばらくお待ちください。
コードだけでは原因を特定できません。エラーメッセージの全文もあわせてご確認ください。
メールを送信できない場合は、次の点をご確認ください。
  ・インターネットに接続できていますか。
  ・プロバイダーのメールサーバーに、障害やメンテナンスの情報はありませんか。
  ・ドメインやプロバイダーの契約の有効期限が切れていませんか。
  ・メールソフトの設定（サーバー名、ポート番号、暗号化、SMTP 認証）は正しいですか。
  ・接続事業者がポート 25 を遮断（OP25B）していませんか。その場合はポート 587 をご利用ください。
  ・セキュリティソフトがメールの送受信を遮断していませんか。";
    told("471 zzz", Language::Japanese, expected);
}

#[test]
fn en_nothing_arrives() {
    let told = Checklist::of(Symptom::NotReceived).explain(Language::English).to_string();
    let expected = "\
If no mail comes in, check:
  - Is the mailbox full? Delete mail that is no longer needed.
  - Is the message in the spam folder?
  - Are the incoming server, its port and encryption right?
  - Are user name and password right?";
    assert_eq!(told, expected);
}

#[test]
fn ja_nothing_arrives() {
    let told = Checklist::of(Symptom::NotReceived).explain(Language::Japanese).to_string();
    let expected = "\
メールが届かない場合は、次の点をご確認ください。
  ・メールボックスの容量がいっぱいになっていませんか。不要なメールを削除してください。
  ・迷惑メールフォルダーに振り分けられていませんか。
  ・受信サーバーの名前、ポート番号、暗号化の設定は正しいですか。
  ・ユーザー名とパスワードは正しいですか。";
    assert_eq!(told, expected);
}
