//! The diagnosis in Japanese, in the polite form of providers' help pages.

use crate::{ReplyClass, ReplyCode};

use super::checklist::{Check, Symptom};
use super::language::{Labels, Phrasebook};
use super::{Blame, Cause, Remedy, Retry};

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
            bullet: "・",
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

    fn cause(&self, cause: Cause) -> &'static str {
        match cause {
            Cause::MailboxUnknown => "宛先のメールアドレスが間違っているか、存在しません。",
            Cause::AddressMalformed => "宛先のメールアドレスの書式が正しくありません。",
            Cause::MailboxFull => "宛先のメールボックスの容量がいっぱいです。",
            Cause::MailboxDisabled => "宛先のメールボックスが停止または休止されています。",
            Cause::MailboxMoved => "宛先のメールアドレスは変更されています。",
            Cause::NotServedHere => {
                "宛先が無効であるか、このサーバーで扱っていないメールアドレスです。"
            }
            Cause::ServiceEnded => "受信者の契約が終了しているか、受信サーバーが廃止されています。",
            Cause::DomainUnknown => {
                "宛先のドメイン（@ より後ろの部分）が間違っているか、存在しません。"
            }
            Cause::ReceiverDns => {
                "宛先ドメインの DNS 設定に誤りがあるか、DNS から応答がありません。"
            }
            Cause::DomainTakesNoMail => "宛先のドメインは、メールを受信しない設定になっています。",
            Cause::MessageTooLarge => "メールのサイズが上限を超えています。",
            Cause::ContentRefused => {
                "メールの内容、添付ファイルまたは形式が原因で、受信を拒否されました。"
            }
            Cause::ContentUnsupported => {
                "受信サーバーが、このメールの形式またはメールアドレスの文字に対応していません。"
            }
            Cause::SpamSuspected => "迷惑メールと判定されました。",
            Cause::VirusFound => "メールからウイルスが検出されました。",
            Cause::SenderRefused => {
                "送信者のメールアドレスまたはドメインが受け付けられませんでした。"
            }
            Cause::SenderUnverified => "送信ドメイン認証（SPF、DKIM、DMARC）に失敗しました。",
            Cause::AuthenticationRequired => "送信時の認証（SMTP 認証）が必要です。",
            Cause::CredentialsRefused => {
                "ユーザー名、パスワードまたはアカウントが認証されませんでした。"
            }
            Cause::RelayDenied => {
                "このサーバーでは、この宛先へのメールの中継が許可されていません。"
            }
            Cause::ClientBlocked => {
                "送信サーバーの IP アドレスがブロックリストに登録されているか、評価が低下しています。"
            }
            Cause::NoReverseName => {
                "送信サーバーの逆引き DNS またはホスト名（HELO）の設定に不備があります。"
            }
            Cause::TlsRequired => "暗号化された接続（TLS）が必要です。",
            Cause::AccessDenied => "受信サーバーのポリシーにより、受信を拒否されました。",
            Cause::Greylisted => {
                "受信サーバーが、初めての送信元からの受信を一時的に保留しています（グレーリスト）。"
            }
            Cause::TooMuchMail => "短時間に送信されたメールまたは接続の数が多すぎます。",
            Cause::TooManyRecipients => "一度に指定した宛先の数が多すぎます。",
            Cause::ReceiverTrouble => {
                "受信サーバーが停止しているか、混雑または設定の不備により受信できない状態です。"
            }
            Cause::ForwardingFailed => {
                "受信者側の転送設定に問題があり、転送先に配送できませんでした。"
            }
            Cause::RoutingLoop => "メールがサーバー間で循環（ループ）しています。",
            Cause::NetworkTrouble => "受信サーバーとの通信に失敗しました。",
            Cause::DeliveryExpired => "一定期間配送できなかったため、配送が打ち切られました。",
            Cause::ProtocolMismatch => {
                "メールソフトまたは送信サーバーと、相手のサーバーとの通信手順に問題があります。"
            }
        }
    }

    fn remedy(&self, remedy: Remedy) -> &'static str {
        match remedy {
            Remedy::CheckSpelling => {
                "宛先のメールアドレスに誤りがないか、一文字ずつご確認ください。"
            }
            Remedy::CheckCharacters => {
                "空白、全角文字、連続したドット（.）、@ の抜けなどがないかご確認ください。"
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
            Remedy::CorrectReceiverDns => {
                "受信側で、MX レコードと A レコードの設定を修正していただく必要があります。"
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
            Remedy::PublishSenderPolicy => {
                "送信ドメインに SPF、DKIM、DMARC を正しく設定してください。"
            }
            Remedy::RequestDelisting => {
                "エラーメッセージに記載されたブロックリストを確認し、原因を解消してから解除を申請してください。"
            }
            Remedy::TellOwnProvider => {
                "エラーメッセージの全文を添えて、ご契約中のプロバイダーまたはメール管理者にご相談ください。"
            }
            Remedy::SetReverseName => {
                "送信サーバーの IP アドレスに、正引きと一致する逆引き（PTR レコード）を設定してください。"
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

    fn retry(&self, retry: Retry) -> &'static str {
        match retry {
            Retry::NotNeeded => "対応の必要はありません。",
            Retry::Automatic => {
                "一時的なエラーです。送信サーバーが自動的に再送しますので、しばらくお待ちください。"
            }
            Retry::Later => "時間をおいて再送すると、届く場合があります。",
            Retry::AfterChange => "原因を解消しないまま再送しても、同じエラーになります。",
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
