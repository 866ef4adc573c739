//! `lettre-peer HOST PORT plain|starttls|tls CERTIFICATE USER MECHANISM FROM TO FILE...`: sends the
//! files over one connection, with lettre. Without a user (an empty word) it does not log in; the
//! password is in `MAIL_PASSWORD`. Prints what lettre says of each.

use std::{env, error::Error, fs};

use lettre::address::Envelope;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{SmtpTransport, Transport};

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = env::args().skip(1).collect();
    let [host, port, security, certificate, user, mechanism, from, to, files @ ..] = &args[..]
    else {
        return Err("wants eight words and files".into());
    };
    let parameters = || -> Result<TlsParameters, Box<dyn Error>> {
        let root = Certificate::from_pem(&fs::read(certificate)?)?;
        Ok(TlsParameters::builder(host.clone()).add_root_certificate(root).build_rustls()?)
    };
    let tls = match security.as_str() {
        "starttls" => Tls::Required(parameters()?),
        "tls" => Tls::Wrapper(parameters()?),
        _ => Tls::None,
    };
    let mut builder = SmtpTransport::builder_dangerous(host)
        .port(port.parse()?)
        .tls(tls)
        .hello_name(ClientId::Domain("client.example".to_owned()));
    if !user.is_empty() {
        let password = env::var("MAIL_PASSWORD")?;
        let mechanism = if mechanism == "login" { Mechanism::Login } else { Mechanism::Plain };
        builder = builder
            .credentials(Credentials::new(user.clone(), password))
            .authentication(vec![mechanism]);
    }
    let transport = builder.build();
    let envelope = Envelope::new(Some(from.parse()?), vec![to.parse()?])?;
    let mut refused = false;
    for file in files {
        match transport.send_raw(&envelope, &fs::read(file)?) {
            Ok(response) => println!("{}", response.code()),
            Err(error) => {
                refused = true;
                println!("{error}");
            }
        }
    }
    if refused { Err("not all was taken".into()) } else { Ok(()) }
}
