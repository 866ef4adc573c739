//! The diagnosis in Japanese, in the polite form of providers' help pages.

use crate::classify::{Blame, Reason};
use crate::{ReplyClass, ReplyCode};

use super::checklist::{Check, Symptom};
use super::language::{Labels, Phrasebook};
use super::{Outlook, Remedy};

/// Says it in Japanese.
pub(super) struct Japanese;

impl Phrasebook for Japanese {
    fn labels(&self) -> &'static Labels {
        &Labels {
            colon: "：",
            brackets: ("（", "）"),
            cause: "原因：",
            causes: "考えられる原因（可能性の高い順）：",
            blame: "対応が必要な方：",
            operator: "送信サーバーの管理者の方：",
            blocklist: "ブロックリスト：",
            bullet: "・",
            space: "",
            read_on: "コードだけでは原因を特定できません。エラーメッセージの全文もあわせてご確認ください。",
        }
    }

    fn code(&self, code: ReplyCode) -> &'static str {
        match code.get() {
            421 => "サーバーが一時的に利用できないため、接続が切断されました。",
            550 => "宛先のメールボックスが利用できないか、受信を拒否されました。",
            551 => "宛先のメールアドレスは、このサーバーでは受け付けられませんでした。",
            552 => "メールのサイズが上限を超えているか、メールボックスの容量が不足しています。",
            553 => "送信者または宛先のメールアドレスが受け付けられませんでした。",
            554 => "メールの配送に失敗しました。",
            _ => match code.class() {
                ReplyClass::PositiveCompletion => "正常に処理されました。",
                ReplyClass::PositiveIntermediate => {
                    "ここまでは受け付けられました。サーバーは続きを待っています。"
                }
                ReplyClass::TransientNegative => "一時的な理由により、受け付けられませんでした。",
                ReplyClass::PermanentNegative => "恒久的なエラーとして、サーバーに拒否されました。",
                ReplyClass::Other => "SMTP で定義されていない応答です。",
            },
        }
    }

    fn subject(&self, subject: u16) -> &'static str {
        match subject {
            0 => "その他の通知",
            1 => "メールアドレスに関する通知",
            2 => "メールボックスに関する通知",
            3 => "メールシステムに関する通知",
            4 => "ネットワークと配送経路に関する通知",
            5 => "通信手順に関する通知",
            6 => "メールの内容と形式に関する通知",
            7 => "セキュリティとポリシーに関する通知",
            _ => "未登録の分類",
        }
    }

    fn cause(&self, reason: Reason) -> &'static str {
        match reason {
            Reason::MailboxUnknown => "宛先のメールアドレスが間違っているか、存在しません。",
            Reason::MailboxDisabled => {
                "宛先のメールボックスが停止または休止されているか、契約が終了しています。"
            }
            Reason::MailboxFull => "宛先のメールボックスの容量がいっぱいです。",
            Reason::MailboxMoved => "宛先のメールアドレスは変更されています。",
            Reason::RecipientRefused => {
                "受信者またはその受信設定により、この送信者からのメールは受け付けられません。"
            }
            Reason::RecipientRateLimited => {
                "宛先に届くメールが多すぎるため、受信が一時的に制限されています。"
            }
            Reason::DomainUnknown => {
                "宛先のドメイン（@ より後ろの部分）が間違っているか、存在しないか、DNS 設定に誤りがあります。"
            }
            Reason::DomainNoMail => "宛先のドメインは、メールを受信しない設定になっています。",
            Reason::MessageTooLarge => "メールのサイズが上限を超えています。",
            Reason::ContentMalformed => "メールの形式が、メールの規格に沿っていません。",
            Reason::ContentRejected => {
                "添付ファイル、リンク、語句など、許可されていない内容がメールに含まれています。"
            }
            Reason::EncodingUnsupported => {
                "受信サーバーが、このメールの形式またはメールアドレスの文字に対応していません。"
            }
            Reason::SpamContent => "迷惑メールと判定されました。",
            Reason::Virus => "メールからウイルスが検出されました。",
            Reason::Policy => "受信サーバーのポリシーにより、受信を拒否されました。",
            Reason::SenderRejected => {
                "送信者のメールアドレスまたはドメインが受け付けられませんでした。"
            }
            Reason::AuthSpf => {
                "この送信サーバーは、送信者のドメインからの送信を許可されていません（SPF）。"
            }
            Reason::AuthDkim => "送信ドメインの電子署名がないか、正しくありません（DKIM）。",
            Reason::AuthDmarc => {
                "送信ドメインの方針により、なりすましの疑いがあるメールとして拒否されました（DMARC）。"
            }
            Reason::AuthFailed => "送信ドメイン認証（SPF、DKIM、DMARC）に失敗しました。",
            Reason::BadReputation => "送信サーバーまたは送信ドメインの評価が低下しています。",
            Reason::IpBlocklisted => {
                "送信サーバーの IP アドレスがブロックリストに登録されています。"
            }
            Reason::IpBlocked => "送信サーバーの IP アドレスが、受信側で拒否されています。",
            Reason::NoPtr => "送信サーバーの逆引き DNS の設定に不備があります。",
            Reason::BadHelo => "送信サーバーが名乗るホスト名（HELO）が受け付けられませんでした。",
            Reason::RelayDenied => {
                "このサーバーで扱っていない宛先であり、中継も許可されていません。"
            }
            Reason::AuthRequired => "送信時の認証（SMTP 認証）が必要です。",
            Reason::AuthRejected => {
                "ユーザー名、パスワードまたは認証方式が受け付けられませんでした。"
            }
            Reason::TlsRequired => "暗号化された接続（TLS）が必要であるか、暗号化に失敗しました。",
            Reason::Greylisted => {
                "受信サーバーが、初めての送信元からの受信を一時的に保留しています（グレーリスト）。"
            }
            Reason::RateLimited => "短時間に送信されたメールの数が多すぎます。",
            Reason::TooManyConnections => "同時に接続された数が多すぎます。",
            Reason::TooManyRecipients => "一度に指定した宛先の数が多すぎます。",
            Reason::Network => "相手のサーバーとの通信に失敗しました。",
            Reason::RoutingLoop => "メールがサーバー間で循環（ループ）しています。",
            Reason::Expired => "一定期間配送できなかったため、配送が打ち切られました。",
            Reason::SystemError => {
                "相手のサーバーが停止しているか、混雑または設定の不備により受信できない状態です。"
            }
            Reason::SystemFull => "相手のサーバーの空き容量が不足しています。",
            Reason::MailerError => "メールボックスに書き込むプログラムが失敗しました。",
            Reason::ProtocolError => {
                "メールソフトまたは送信サーバーと、相手のサーバーとの通信手順に問題があります。"
            }
            Reason::Suppressed => "送信側の配信停止リストに登録されている宛先です。",
            Reason::Unknown => "エラーメッセージからは原因を特定できません。",
        }
    }

    fn remedy(&self, remedy: Remedy) -> &'static str {
        match remedy {
            Remedy::CheckSpelling => {
                "宛先のメールアドレスに誤りがないか、一文字ずつご確認ください。"
            }
            Remedy::CheckDomain => "ドメイン（@ より後ろの部分）に誤りがないかご確認ください。",
            Remedy::AskRecipient => {
                "電話など別の方法で、現在有効なメールアドレスを受信者にご確認ください。"
            }
            Remedy::UseNewAddress => {
                "エラーメッセージに新しいメールアドレスが記載されている場合は、そちらにお送りください。"
            }
            Remedy::FreeSpace => "不要なメールの削除や容量の追加を、受信者にご依頼ください。",
            Remedy::RenewContract => {
                "アカウントと契約の状態をプロバイダーに確認するよう、受信者にご依頼ください。"
            }
            Remedy::CheckForwarding => {
                "転送設定と転送先のメールアドレスを確認するよう、受信者にご依頼ください。"
            }
            Remedy::TellReceiver => {
                "エラーメッセージの全文を添えて、受信側のサーバー管理者にお問い合わせください。"
            }
            Remedy::AskToBeAllowed => {
                "送信者のメールアドレスを受信許可に設定するよう、受信者にご依頼ください。"
            }
            Remedy::ShrinkMessage => "添付ファイルを圧縮するか、減らしてください。",
            Remedy::SplitMessage => "複数のメールに分けてお送りください。",
            Remedy::UseTransferService => {
                "ファイル転送サービスを利用し、ダウンロード用の URL をお送りください。"
            }
            Remedy::RemoveAttachment => {
                "実行ファイル、マクロ付きの文書、パスワード付きの圧縮ファイルなどの添付をおやめください。"
            }
            Remedy::RewriteContent => {
                "件名、本文、URL などを、迷惑メールと判定されにくい内容に変更してください。"
            }
            Remedy::SimplifyContent => {
                "テキスト形式で、半角英数字のメールアドレス宛てにお送りください。"
            }
            Remedy::ScanForMalware => {
                "セキュリティソフトを最新の状態にして、パソコンのウイルスチェックを行ってください。"
            }
            Remedy::CheckSenderAddress => {
                "メールソフトの送信者（差出人）のメールアドレスが、アカウントと一致しているかご確認ください。"
            }
            Remedy::CheckAccount => {
                "アカウントの設定と、ご契約中のプロバイダーの契約状況をご確認ください。"
            }
            Remedy::EnableAuthentication => {
                "送信サーバーの設定で SMTP 認証を有効にし、ポート 587 または 465 をご利用ください。"
            }
            Remedy::CheckPassword => {
                "ユーザー名とパスワードを入力し直してください。アプリパスワードが必要な場合もあります。"
            }
            Remedy::CheckOutgoingServer => {
                "ご契約中のプロバイダーまたはドメインの送信サーバーを指定しているかご確認ください。"
            }
            Remedy::TellOwnProvider => {
                "エラーメッセージの全文を添えて、ご契約中のプロバイダーまたはメール管理者にご相談ください。"
            }
            Remedy::TurnOnTls => {
                "送信サーバーの設定で、SSL/TLS または STARTTLS を有効にしてください。"
            }
            Remedy::UpdateSoftware => {
                "メールソフトまたはメールサーバーを最新の状態に更新してください。"
            }
            Remedy::SendSlower => "一度に送信するメールの数を減らしてください。",
            Remedy::SplitRecipients => "宛先を何回かに分けてお送りください。",
            Remedy::SendLater => "数時間ほどおいてから、もう一度お送りください。",
            Remedy::WaitForRetry => {
                "通常は送信サーバーが自動的に再送しますので、1 時間ほどお待ちください。"
            }
            Remedy::CheckConnection => "送信側のネットワークの接続状態をご確認ください。",
            Remedy::RemoveAddress => "この宛先を送信リストから削除し、今後は送信しないでください。",
            Remedy::KeepInQueue => {
                "自動的に再送されますので、送信キューに残したままにしてください。"
            }
            Remedy::ObeySize => {
                "相手のサーバーが通知する上限（SIZE）に従い、超過するメールは送信前に拒否してください。"
            }
            Remedy::MendFormat => {
                "メールを作成するプログラムを修正してください（From と Date は 1 つ、1 行は 998 バイト以内）。"
            }
            Remedy::ConvertEncoding => {
                "メールの変換を有効にするか、8BITMIME と SMTPUTF8 に対応したサーバーへお送りください。"
            }
            Remedy::FindSpammer => {
                "自社のサーバーから迷惑メールを送信しているアカウントやプログラムを特定し、停止してください。"
            }
            Remedy::PublishSenderPolicy => {
                "送信ドメインに SPF、DKIM、DMARC を正しく設定してください。"
            }
            Remedy::MendSpf => {
                "送信ドメインの SPF レコードに、すべての送信サーバーを追加してください。"
            }
            Remedy::MendDkim => {
                "DKIM で署名して公開鍵を登録し、署名後にメールを変更しないようにしてください。"
            }
            Remedy::AlignDmarc => {
                "From のドメインについて、SPF または DKIM が成功するように設定してください。"
            }
            Remedy::MendSenderDomain => {
                "送信ドメインの MX レコードまたは A レコードを正しく設定してください。"
            }
            Remedy::RequestDelisting => {
                "エラーメッセージに記載されたブロックリストを確認し、原因を解消してから解除を申請してください。"
            }
            Remedy::WarmUp => {
                "数週間は送信数を減らし、受信を希望した宛先だけに送り、エラーになる宛先は削除してください。"
            }
            Remedy::TryOtherRoute => {
                "別のホスト、IP アドレスまたは中継サーバーから送信してください。"
            }
            Remedy::SetReverseName => {
                "送信サーバーの IP アドレスに、正引きと一致する逆引き（PTR レコード）を設定してください。"
            }
            Remedy::SetGreeting => {
                "送信サーバーが、逆引きと一致する完全なホスト名を名乗るように設定してください。"
            }
            Remedy::SetUpRelay => {
                "中継サーバーのユーザー名、パスワード、許可するネットワークの設定をご確認ください。"
            }
            Remedy::CheckTls => {
                "双方のサーバーの STARTTLS、TLS のバージョン、証明書をご確認ください。"
            }
            Remedy::SlowDown => "このサーバーに 1 分間に送信するメールの数を減らしてください。",
            Remedy::FewerConnections => "このサーバーへの同時接続数を減らしてください。",
            Remedy::FewerRecipients => "一度に指定する宛先を 100 件以内にしてください。",
            Remedy::CheckRoute => {
                "送信サーバーの DNS、ファイアウォール、ポート 25 の通信をご確認ください。"
            }
            Remedy::BreakLoop => {
                "MX レコード、ローカルドメイン、転送の設定に循環がないかご確認ください。"
            }
            Remedy::ReadTranscript => {
                "通信の記録を取り、エラーメッセージの内容と照らし合わせてください。"
            }
            Remedy::ReadReply => {
                "エラーメッセージの全文をご確認ください。コードより詳しい内容が書かれている場合があります。"
            }
            Remedy::LiftSuppression => {
                "有効な宛先であることを確認してから、配信停止リストから削除してください。"
            }
        }
    }

    fn blame(&self, blame: Blame) -> &'static str {
        match blame {
            Blame::Sender => "送信者",
            Blame::SendersProvider => "送信側のプロバイダーまたはメール管理者",
            Blame::Recipient => "受信者",
            Blame::ReceiversProvider => "受信側のプロバイダーまたはメール管理者",
            Blame::Network => "ネットワークの運用者",
        }
    }

    fn outlook(&self, outlook: Outlook) -> &'static str {
        match outlook {
            Outlook::NotNeeded => "対応の必要はありません。",
            Outlook::Automatic => {
                "一時的なエラーです。送信サーバーが自動的に再送しますので、しばらくお待ちください。"
            }
            Outlook::Later => "時間をおいて再送すると、届く場合があります。",
            Outlook::AnotherRoute => "別の経路からは届く場合がありますが、同じ経路では届きません。",
            Outlook::Never => "この宛先には今後も届きません。再送しないでください。",
            Outlook::AfterChange => "原因を解消しないまま再送しても、同じエラーになります。",
        }
    }

    fn symptom(&self, symptom: Symptom) -> &'static str {
        match symptom {
            Symptom::NotSent => "メールを送信できない場合は、次の点をご確認ください。",
            Symptom::NotReceived => "メールが届かない場合は、次の点をご確認ください。",
        }
    }

    fn check(&self, check: Check) -> &'static str {
        match check {
            Check::Network => "インターネットに接続できていますか。",
            Check::ServerFault => {
                "プロバイダーのメールサーバーに、障害やメンテナンスの情報はありませんか。"
            }
            Check::Expired => "ドメインやプロバイダーの契約の有効期限が切れていませんか。",
            Check::MailProgram => {
                "メールソフトの設定（サーバー名、ポート番号、暗号化、SMTP 認証）は正しいですか。"
            }
            Check::Port25 => {
                "接続事業者がポート 25 を遮断（OP25B）していませんか。その場合はポート 587 をご利用ください。"
            }
            Check::SecuritySoftware => "セキュリティソフトがメールの送受信を遮断していませんか。",
            Check::MailboxFull => {
                "メールボックスの容量がいっぱいになっていませんか。不要なメールを削除してください。"
            }
            Check::SpamFolder => "迷惑メールフォルダーに振り分けられていませんか。",
            Check::IncomingServer => "受信サーバーの名前、ポート番号、暗号化の設定は正しいですか。",
            Check::Credentials => "ユーザー名とパスワードは正しいですか。",
        }
    }
}
