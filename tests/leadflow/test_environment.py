"""What each environment variable may hold, and what is said about a value it may not."""

import pytest

from leadflow.environment import Environment, WrongValue, broker_url, kept_secret, masked

EMBEDDED = "postgresql://leadflow@:5432/leadflow?host=/run/leadflow"


def test_a_database_address_becomes_djangos_setting():
    given = "postgresql://crm:p%40ss@db.example.com:6432/leads?sslmode=require"
    assert Environment({"DATABASE_URL": given}).database("DATABASE_URL", EMBEDDED) == {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "leads",
        "USER": "crm",
        "PASSWORD": "p@ss",
        "HOST": "db.example.com",
        "PORT": "6432",
        "OPTIONS": {"connect_timeout": "10", "sslmode": "require"},
    }


def test_without_an_address_the_embedded_server_is_used():
    database = Environment({}).database("DATABASE_URL", EMBEDDED)
    assert (database["HOST"], database["NAME"]) == ("/run/leadflow", "leadflow")


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("nonsense", "write an address with postgres://, postgresql://, as "),
        ("mysql://u:hunter2@h/crm", "write an address with postgres://, postgresql://, as "),
        ("sqlite:///crm.db", "write an address with postgres://, postgresql://, as "),
        ("postgresql://u:hunter2@h:99999/crm", "Port out of range 0-65535; write "),
        ("postgresql://u:hunter2@h:five/crm", "; write "),
        ("postgresql://u:hunter2@h/", "it names no database; write "),
        ("postgresql://u:hunter2@/crm", "it names no host; write "),
        ("postgresql://h/crm?colour=red", "option colour is not one of "),
    ],
)
def test_a_wrong_database_address_is_refused_without_its_password(value, says):
    with pytest.raises(WrongValue) as refusal:
        Environment({"DATABASE_URL": value}).database("DATABASE_URL", EMBEDDED)
    message = str(refusal.value)
    assert message.startswith(f"DATABASE_URL={value.replace('hunter2', '***')!r} cannot be used: ")
    assert says in message
    assert "hunter2" not in message


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("postgresql://u:p@ss/w:rd@h/crm", "postgresql://u:***@h/crm"),
        ("redis://:key@h:6379/0", "redis://:***@h:6379/0"),
        ("postgresql://h/crm?user=u&password=p&sslmode=on", "postgresql://h/crm?user=u&password=***&sslmode=on"),
        ("postgresql://u@h/crm", "postgresql://u@h/crm"),
    ],
)  # fmt: skip
def test_passwords_are_masked_wherever_an_address_may_hold_one(value, shown):
    assert masked(value) == shown


@pytest.mark.parametrize(
    "value", ["redis://h:6379/0", "rediss://:p@h/1", "unix:///run/v.sock?db=2"]
)
def test_redis_addresses_are_kept_as_given(value):
    assert Environment({"REDIS_URL": value}).redis("REDIS_URL", "") == value


@pytest.mark.parametrize("value", ["h:6379", "http://h", "redis://", "redis://h/zero", "unix://"])
def test_other_redis_addresses_are_refused(value):
    with pytest.raises(WrongValue, match="REDIS_URL="):
        Environment({"REDIS_URL": value}).redis("REDIS_URL", "")


def test_celery_gets_the_same_server_in_its_own_spelling():
    assert broker_url("unix:///run/v.sock?db=2") == "redis+socket:///run/v.sock?virtual_host=2"
    assert broker_url("redis://h:6379/0") == "redis://h:6379/0"


def test_mail_goes_to_the_console_until_a_server_is_named():
    assert Environment({}).email("EMAIL_URL") == {
        "EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"
    }
    sending = Environment({"EMAIL_URL": "smtp+tls://me%40x:p@mail:2525"}).email("EMAIL_URL")
    assert sending == {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": "mail",
        "EMAIL_PORT": 2525,
        "EMAIL_HOST_USER": "me@x",
        "EMAIL_HOST_PASSWORD": "p",
        "EMAIL_USE_TLS": True,
        "EMAIL_USE_SSL": False,
        "EMAIL_TIMEOUT": 20,
    }


@pytest.mark.parametrize("value", ["imap://h", "smtp://", "me@x"])
def test_other_mail_addresses_are_refused(value):
    with pytest.raises(WrongValue, match=r"EMAIL_URL=.*smtp\+tls://user:password@host:587"):
        Environment({"EMAIL_URL": value}).email("EMAIL_URL")


@pytest.mark.parametrize(
    ("value", "meant"), [("1", True), ("Yes", True), ("off", False), ("", False), (" ", False)]
)
def test_flags_are_read_as_people_write_them(value, meant):
    assert Environment({"DEBUG": value}).flag("DEBUG", False) is meant


def test_other_flags_are_refused():
    with pytest.raises(WrongValue, match=r"^DEBUG='maybe' cannot be used: write 1 or 0 "):
        Environment({"DEBUG": "maybe"}).flag("DEBUG", False)


@pytest.mark.parametrize("value", ["http", "0", "65536", "-1", "80.5", "८०"])
def test_a_port_is_a_number_a_port_can_have(value):
    with pytest.raises(WrongValue, match="write a whole number from 1 to 65535"):
        Environment({"PORT": value}).number("PORT", 8000, lowest=1, highest=65535)


def test_hosts_are_names_without_scheme_port_or_path():
    env = Environment({"ALLOWED_HOSTS": "crm.example.com, .example.org,[::1]"})
    assert env.hosts("ALLOWED_HOSTS", []) == ["crm.example.com", ".example.org", "[::1]"]
    with pytest.raises(WrongValue, match="without scheme, port or path"):
        Environment({"ALLOWED_HOSTS": "https://crm.example.com"}).hosts("ALLOWED_HOSTS", [])


def test_origins_have_a_scheme():
    env = Environment({"CSRF_TRUSTED_ORIGINS": "https://crm.example.com,http://localhost:8000"})
    origins = ["https://crm.example.com", "http://localhost:8000"]
    assert env.origins("CSRF_TRUSTED_ORIGINS") == origins
    with pytest.raises(WrongValue, match="write origins such as"):
        Environment({"CSRF_TRUSTED_ORIGINS": "crm.example.com"}).origins("CSRF_TRUSTED_ORIGINS")


def test_the_key_is_made_once_for_an_embedded_install_and_readable_by_its_owner_alone(tmp_path):
    env = Environment({})
    key = env.secret_key("SECRET_KEY", var=tmp_path, embedded=True)
    assert (len(key), env.secret_key("SECRET_KEY", var=tmp_path, embedded=True)) == (64, key)
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


def test_the_key_must_be_given_on_servers_and_is_never_shown(tmp_path):
    with pytest.raises(WrongValue, match="with DATABASE_URL set it must be given"):
        Environment({}).secret_key("SECRET_KEY", var=tmp_path, embedded=False)
    with pytest.raises(WrongValue) as refusal:
        Environment({"SECRET_KEY": "short"}).secret_key("SECRET_KEY", var=tmp_path, embedded=False)
    reason = "write at least 50 random characters"
    assert str(refusal.value) == f"SECRET_KEY='*****' cannot be used: {reason}"


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(WrongValue, match=r"^LEADFLOW_VAR=.*Not a directory"):
        kept_secret(tmp_path / "file" / "var" / "secret_key")


@pytest.mark.parametrize(
    ("value", "scanner"),
    [
        ("", None),
        ("/bin/sh -c 'exit 0'", {"command": ["/bin/sh", "-c", "exit 0"]}),
        ("clamd://av.example:3311", {"host": "av.example", "port": 3311}),
        ("clamd:///run/clamav/clamd.ctl", {"path": "/run/clamav/clamd.ctl"}),
    ],
)
def test_a_virus_scanner_is_a_command_or_a_clamd(value, scanner):
    assert Environment({"VIRUS_SCANNER": value}).scanner("VIRUS_SCANNER") == scanner


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("clamscan", "write a command such as /usr/bin/clamdscan"),
        ("/bin/no-such-scanner", "/bin/no-such-scanner is no program this user may run"),
        ("/bin", "/bin is no program this user may run"),
        ("/bin/sh 'open", "No closing quotation"),
        ("clamd://", "it names no host"),
    ],
)
def test_other_virus_scanners_are_refused(value, says):
    with pytest.raises(WrongValue, match=says):
        Environment({"VIRUS_SCANNER": value}).scanner("VIRUS_SCANNER")


def test_where_and_what_files_may_be_is_said_or_refused(tmp_path):
    env = Environment({"FILES_DIR": "/srv/files", "FILE_KINDS": "PDF, png"})
    assert env.folder("FILES_DIR", tmp_path).as_posix() == "/srv/files"
    assert env.choices("FILE_KINDS", ["pdf", "png", "text"]) == ["pdf", "png"]
    assert Environment({}).choices("FILE_KINDS", ["pdf"]) == ["pdf"]
    with pytest.raises(WrongValue, match="FILES_DIR='files' cannot be used: write a whole path"):
        Environment({"FILES_DIR": "files"}).folder("FILES_DIR", tmp_path)
    with pytest.raises(WrongValue, match="FILE_KINDS='exe' cannot be used: write some of pdf"):
        Environment({"FILE_KINDS": "pdf,exe"}).choices("FILE_KINDS", ["pdf"])
