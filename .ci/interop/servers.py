"""Servers that others wrote, each with its own configuration, on ports that nobody has."""

import contextlib
import grp
import os
import pwd
import shutil
import sys

from common import DOMAIN, check, directory, failures, free_port, listens, process, run, until


class Server:
    """What they share: a directory that others may look into, a certificate, a log that is shown."""

    PASSWORD = 'open sesame, \\ and "more"'
    HOST = "127.0.0.1"

    def __enter__(self):
        self.stack = contextlib.ExitStack()
        try:
            assert os.geteuid() == 0, "these servers need root: they change users"
            self.dir = self.stack.enter_context(directory())
            # Their processes run as users of their own.
            self.dir.chmod(0o755)
            self.stack.callback(self._print_log)
            self._certify()
            self._start()
        except BaseException:
            self.stack.close()
            raise
        return self

    def __exit__(self, *raised):
        self.stack.close()

    def _certify(self):
        self.certificate, self.key = self.dir / "cert.pem", self.dir / "key.pem"
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
            "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
            "-out", self.certificate, "-keyout", self.key)

    def _print_log(self):
        if failures or sys.exc_info()[0]:
            for name in ("err", "log", "logs/main"):
                if (self.dir / name).exists():
                    print(f"--- {type(self).__name__}, its {name}:")
                    print((self.dir / name).read_text(errors="replace")[-4000:], flush=True)


class Dovecot(Server):
    """A Dovecot of its own: IMAP and POP3, with and without TLS from the first octet; LMTP; and, if it
    is given a server's port to hand mail to, submission."""

    def __init__(self, relay_port=None, mechanisms="plain login apop"):
        self.relay_port, self.mechanisms = relay_port, mechanisms

    def _start(self):
        self.mail = self.dir / "mail"
        self.mail.mkdir()
        owner = pwd.getpwnam("nobody")
        os.chown(self.mail, owner.pw_uid, owner.pw_gid)
        (self.dir / "users").write_text(
            "".join(f"{name}:{{PLAIN}}{self.PASSWORD}\n" for name in ("bob", "carol"))
        )
        (self.dir / "users").chmod(0o644)
        names = ("imap", "imaps", "pop3", "pop3s", "lmtp")
        if self.relay_port:
            names += ("submission",)
        self.ports = {name: free_port() for name in names}
        listeners = "".join(
            f"service {protocol}-login {{\n"
            + "".join(
                f" inet_listener {name} {{\n  address = 127.0.0.1\n  port = {self.ports[name]}\n"
                f"  ssl = {'yes' if name.endswith('s') else 'no'}\n }}\n"
                for name in (protocol, f"{protocol}s")
                if name in self.ports
            )
            + "}\n"
            for protocol in ("imap", "pop3", "submission")
            if protocol in self.ports
        )
        group = grp.getgrgid(owner.pw_gid).gr_name
        self.config = self.dir / "dovecot.conf"
        self.config.write_text(
            f"base_dir = {self.dir}/run\nstate_dir = {self.dir}/state\n"
            f"log_path = {self.dir}/log\ninstance_name = interop\n"
            f"protocols = imap pop3 lmtp{' submission' if self.relay_port else ''}\nlisten = 127.0.0.1\n"
            f"ssl = required\nssl_cert = <{self.certificate}\nssl_key = <{self.key}\n"
            "disable_plaintext_auth = yes\n"
            "auth_mechanisms = plain login apop cram-md5 scram-sha-1 scram-sha-256\n"
            f"mail_location = maildir:{self.mail}/%u\nfirst_valid_uid = 1\n"
            f"mail_uid = nobody\nmail_gid = {group}\n"
            f"passdb {{\n driver = passwd-file\n args = {self.dir}/users\n}}\n"
            f"userdb {{\n driver = static\n args = uid=nobody gid={group} home={self.mail}/%u\n}}\n"
            # Postfix asks here who may send.
            f"service auth {{\n unix_listener {self.dir}/auth {{\n  mode = 0666\n }}\n}}\n"
            "namespace inbox {\n inbox = yes\n}\n"
            f"service lmtp {{\n inet_listener lmtp {{\n  address = 127.0.0.1\n"
            f"  port = {self.ports['lmtp']}\n }}\n}}\n"
            "protocol lmtp {\n auth_username_format = %Ln\n}\n"
            f"postmaster_address = postmaster@{DOMAIN}\n"
            f"submission_relay_host = {self.HOST}\nsubmission_relay_port = {self.relay_port or 0}\n"
            f"hostname = mx.example\n{listeners}"
        )
        self.stack.enter_context(process("dovecot", "-F", "-c", self.config, log=self.dir / "err"))
        for port in self.ports.values():
            until("Dovecot's start", lambda: listens(port))

    def deliver(self, octets):
        """Puts a message into bob's INBOX, as Dovecot's own delivery does."""
        run("doveadm", "-c", self.config, "save", "-u", "bob", stdin=octets)


class Postfix(Server):
    """A Postfix of its own, which delivers mail for bob into a Maildir: SMTP with STARTTLS at one
    port, submission with STARTTLS at another, submission with TLS from the first octet at a third.
    Who may submit it asks Dovecot. Mail for `DOMAIN` goes to a port of this machine, but that for the
    addresses in `submitted` by submission: each with a mechanism and a port, logged in as `login`."""

    DOMAIN = "postfix.test"
    # Nobody takes mail for this one; who `warns` tells the sender at once.
    DELAYED = "delayed.test"

    def __init__(self):
        self.ports = {name: free_port() for name in ("smtp", "submission", "submissions")}
        self.dovecot = self.relay_port = None
        self.warns = False
        self.submitted, self.login, self.ca = {}, None, None

    def _start(self):
        config = self.dir / "etc"
        config.mkdir()
        owner = pwd.getpwnam("postfix")
        for name, mode in (("queue", 0o755), ("data", 0o700), ("mail", 0o700)):
            (self.dir / name).mkdir(mode)
        os.chown(self.dir / "data", owner.pw_uid, owner.pw_gid)
        nobody = pwd.getpwnam("nobody")
        os.chown(self.dir / "mail", nobody.pw_uid, nobody.pw_gid)
        (config / "mailboxes").write_text(f"bob@{self.DOMAIN} bob/\n")
        (config / "main.cf").write_text(
            "compatibility_level = 3.6\n"
            f"queue_directory = {self.dir}/queue\ndata_directory = {self.dir}/data\n"
            "command_directory = /usr/sbin\ndaemon_directory = /usr/lib/postfix/sbin\n"
            f"maillog_file = {self.dir}/log\nmaillog_file_prefixes = {self.dir}\n"
            "inet_interfaces = 127.0.0.1\ninet_protocols = ipv4\nmynetworks_style = host\n"
            "myhostname = mx.example\nmydestination =\nmynetworks =\n"
            "alias_maps =\nalias_database =\nlocal_transport = error:nobody lives here\n"
            f"virtual_mailbox_domains = {self.DOMAIN}\nvirtual_mailbox_base = {self.dir}/mail\n"
            f"virtual_mailbox_maps = texthash:{config}/mailboxes\n"
            f"virtual_uid_maps = static:{nobody.pw_uid}\n"
            f"virtual_gid_maps = static:{nobody.pw_gid}\n"
            f"smtpd_tls_cert_file = {self.certificate}\nsmtpd_tls_key_file = {self.key}\n"
            "smtpd_tls_security_level = may\nsmtpd_tls_auth_only = yes\n"
            "smtpd_tls_received_header = yes\n"
            f"smtpd_sasl_type = dovecot\nsmtpd_sasl_path = {self.dovecot.dir}/auth\n"
            "smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination\n"
            f"transport_maps = texthash:{config}/transport\n"
            "default_transport = error:no way out\nsmtp_tls_security_level = may\n"
            "smtp_dns_support_level = disabled\nmessage_size_limit = 1000000\n"
            "mailbox_size_limit = 0\nvirtual_mailbox_limit = 0\n"
            + self.warns * (
                "delay_warning_time = 1s\nqueue_run_delay = 1s\nminimal_backoff_time = 1s\n"
                "maximal_backoff_time = 2s\n"
            )
        )
        (config / "transport").write_text(
            f"{DOMAIN} smtp:[{self.HOST}]:{self.relay_port}\n"
            f"{self.DELAYED} smtp:[{self.HOST}]:{free_port()}\n"
            + "".join(
                f"{address} {mechanism}:[{self.HOST}]:{port}\n"
                for address, (mechanism, port) in self.submitted.items()
            )
        )
        (config / "passwords").write_text(
            "".join(
                f"[{self.HOST}]:{port} {self.login[0]}:{self.login[1]}\n"
                for port in {port for _, port in self.submitted.values()}
            )
        )
        auth = (
            "-o smtpd_sasl_auth_enable=yes"
            " -o smtpd_client_restrictions=permit_sasl_authenticated,reject"
        )
        smtpd = "inet n - n - - smtpd -o smtputf8_enable=no"
        (config / "master.cf").write_text(
            f"127.0.0.1:{self.ports['smtp']} {smtpd}\n"
            f"127.0.0.1:{self.ports['submission']} {smtpd} {auth}"
            " -o smtpd_tls_security_level=encrypt\n"
            f"127.0.0.1:{self.ports['submissions']} {smtpd} {auth} -o smtpd_tls_wrappermode=yes\n"
            "pickup unix n - n 60 1 pickup\ncleanup unix n - n - 0 cleanup\n"
            "qmgr unix n - n 300 1 qmgr\ntlsmgr unix - - n 1000? 1 tlsmgr\n"
            + "".join(
                f"{mechanism} unix - - n - - smtp -o smtp_sasl_auth_enable=yes"
                f" -o smtp_sasl_password_maps=texthash:{config}/passwords"
                " -o smtp_sasl_security_options=noanonymous -o smtp_tls_security_level=secure"
                f" -o smtp_tls_CAfile={self.ca} -o smtp_tls_secure_cert_match=localhost"
                f" -o smtp_sasl_mechanism_filter={mechanism}"
                f" -o smtp_tls_wrappermode={'yes' if mechanism == 'login' else 'no'}\n"
                for mechanism, _ in self.submitted.values()
            )
            + "smtp unix - - n - - smtp\nrewrite unix - - n - - trivial-rewrite\nbounce unix - - n - 0 bounce\n"
            "defer unix - - n - 0 bounce\ntrace unix - - n - 0 bounce\nflush unix n - n 1000? 0 flush\n"
            "proxymap unix - - n - - proxymap\nvirtual unix - n n - - virtual\n"
            "error unix - - n - - error\nretry unix - - n - - error\n"
            "anvil unix - - n - 1 anvil\nscache unix - - n - 1 scache\n"
            "postlog unix-dgram n - n - 1 postlogd\n"
        )
        run("postfix", "-c", config, "check")
        self.stack.callback(self._stop, config)
        run("postfix", "-c", config, "start")
        for port in self.ports.values():
            until("Postfix's start", lambda: listens(port))

    def _stop(self, config):
        with check("Postfix stops"):
            run("postfix", "-c", config, "stop")

    def delivered(self, count):
        """The messages in bob's Maildir, oldest first, once there are as many."""
        new = self.dir / "mail" / "bob" / "new"
        until(f"delivery of {count}", lambda: new.exists() and len(list(new.iterdir())) >= count)
        files = sorted(new.iterdir(), key=lambda file: file.stat().st_mtime_ns)
        return [file.read_bytes() for file in files]


class Sink(Server):
    """Postfix's smtp-sink, which takes whatever comes and writes it down as it came."""

    def _start(self):
        self.port = free_port()
        nobody = pwd.getpwnam("nobody")
        self.dump = self.dir / "dump"
        self.dump.mkdir()
        os.chown(self.dump, nobody.pw_uid, nobody.pw_gid)
        self.stack.enter_context(process(
            "smtp-sink", "-u", "nobody", "-R", self.dump, "-d", "%H%M%S.",
            f"{self.HOST}:{self.port}", "10", log=self.dir / "err",
        ))
        until("smtp-sink's start", lambda: listens(self.port))

    def taken(self):
        """The messages so far, each with its envelope in front of it."""
        return [file.read_bytes() for file in sorted(self.dump.iterdir())]


class Exim(Server):
    """An Exim of its own, which delivers mail for bob into a Maildir: SMTP with STARTTLS and AUTH at
    one port, TLS from the first octet at another. Mail for `DOMAIN` goes to a port of this machine, but
    that for the addresses in `submitted` by submission there: each with a mechanism, as `login`.

    Its Debian package cannot be installed beside Postfix, so `$EXIM` says where it was unpacked."""

    DOMAIN = "exim.test"
    # Nobody takes mail for this one; who `warns` tells the sender at once.
    DELAYED = "delayed.test"
    # Exim expands strings: nothing in this one means anything to it.
    PASSWORD = "open sesame and more"

    def __init__(self):
        self.ports = {name: free_port() for name in ("smtp", "smtps")}
        self.relay_port, self.warns = None, False
        self.submitted, self.login, self.ca, self.submission = {}, None, None, None

    def _start(self):
        # It starts itself anew as its own user, who may not look into every directory.
        exim = shutil.copy(os.environ.get("EXIM", "/usr/sbin/exim4"), self.dir / "exim")
        user = pwd.getpwnam("Debian-exim")
        for name in ("spool", "mail", "logs"):
            (self.dir / name).mkdir()
            os.chown(self.dir / name, user.pw_uid, user.pw_gid)
        self.key.chmod(0o644)
        self.log = self.dir / "logs" / "main"
        config = self.dir / "exim.conf"
        ports = f"{self.ports['smtp']} : {self.ports['smtps']}"
        if self.ca:
            # Where it was, Exim's user may not look.
            self.ca = shutil.copyfile(self.ca, self.dir / "ca.pem")
        user, password = self.login or ("", "")
        # It expands strings, and takes lists apart at colons.
        secret = password.replace("\\", "\\\\").replace("$", "\\$").replace(":", "::")
        ways = {"PLAIN": f"^{user}^{secret}", "LOGIN": f": {user} : {secret}"}
        to = {way: " : ".join(a for a, m in self.submitted.items() if m == way) for way in ways}
        config.write_text(
            f"primary_hostname = mx.exim.test\nexim_path = {exim}\nspool_directory = {self.dir}/spool\n"
            f"log_file_path = {self.dir}/logs/%s\nlocal_interfaces = 127.0.0.1\n"
            f"daemon_smtp_ports = {ports}\ntls_on_connect_ports = {self.ports['smtps']}\n"
            f"tls_advertise_hosts = *\ntls_certificate = {self.certificate}\n"
            f"tls_privatekey = {self.key}\nchunking_advertise_hosts = *\n"
            "pipelining_advertise_hosts = *\nacl_smtp_rcpt = rcpt\nacl_smtp_data = accept\n"
            "message_size_limit = 1M\ndeliver_drop_privilege = true\nkeep_environment =\n"
            + self.warns * "delay_warning = 1s:1h\n" +
            "begin acl\nrcpt:\n accept authenticated = *\n"
            f" require message = relay not permitted\n  domains = {self.DOMAIN}\n"
            " accept verify = recipient\n deny message = unknown user\n"
            "begin routers\n"
            + "".join(
                f"submit_{way}:\n driver = manualroute\n address_data = {way}\n"
                f" condition = ${{if inlist{{$local_part@$domain}}{{{to[way]}}}}}\n"
                f" transport = submit\n route_list = * {self.HOST}\n self = send\n"
                for way in ways
                if to[way]
            )
            + f"out:\n driver = manualroute\n domains = {DOMAIN}\n transport = smtp\n"
            f" route_list = * {self.HOST}\n self = send\n"
            f"late:\n driver = manualroute\n domains = {self.DELAYED}\n transport = nobody\n"
            f" route_list = * {self.HOST}\n self = send\n"
            f"bob:\n driver = accept\n domains = {self.DOMAIN}\n local_parts = bob\n"
            " transport = maildir\n"
            "begin transports\n"
            f"nobody:\n driver = smtp\n port = {free_port()}\n allow_localhost\n"
            f"smtp:\n driver = smtp\n port = {self.relay_port}\n allow_localhost\n"
            f" hosts_require_tls = *\n tls_tempfail_tryclear = false\n"
            f"submit:\n driver = smtp\n port = {self.submission}\n allow_localhost\n"
            " hosts_require_tls = *\n hosts_require_auth = *\n tls_verify_hosts = *\n"
            f" tls_verify_certificates = {self.ca}\n"
            f"maildir:\n driver = appendfile\n directory = {self.dir}/mail\n maildir_format\n"
            " create_directory\n return_path_add\n user = Debian-exim\n"
            "begin retry\n* * F,1h,1s\n"
            "begin authenticators\n"
            + "".join(
                f"{name}:\n driver = plaintext\n public_name = {name}\n{prompts}"
                f" server_condition = ${{if and{{{{eq{{${user}}}{{bob}}}}"
                f"{{eq{{${password}}}{{{self.PASSWORD}}}}}}}}}\n"
                f" server_set_id = ${user}\n"
                " server_advertise_condition = ${if def:tls_in_cipher}\n"
                f" client_send = {ways[name]}\n"
                f" client_condition = ${{if eq{{$address_data}}{{{name}}}}}\n"
                for name, user, password, prompts in (
                    ("PLAIN", "auth2", "auth3", " server_prompts = :\n"),
                    ("LOGIN", "auth1", "auth2", " server_prompts = Username:: : Password::\n"),
                )
            )
            + "CRAM:\n driver = cram_md5\n public_name = CRAM-MD5\n server_set_id = $auth1\n"
            f" server_secret = ${{if eq{{$auth1}}{{bob}}{{{self.PASSWORD}}}fail}}\n"
        )
        self.stack.enter_context(process(exim, "-C", config, "-bdf", "-q1s", log=self.dir / "err"))
        for port in self.ports.values():
            until("Exim's start", lambda: listens(port))

    def delivered(self, count):
        """The messages in bob's Maildir, oldest first, once there are as many."""
        new = self.dir / "mail" / "new"
        until(f"delivery of {count}", lambda: new.exists() and len(list(new.iterdir())) >= count)
        files = sorted(new.iterdir(), key=lambda file: file.stat().st_mtime_ns)
        return [file.read_bytes() for file in files]
