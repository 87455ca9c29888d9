//! The real program in a process of its own, for what only a process shows: a kill, two instances, a full disk.

use std::{
    io::Write as _,
    net::TcpListener,
    os::fd::AsRawFd as _,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use axum::{
    body::Body,
    http::{Method, StatusCode},
};
use tempfile::TempDir;
use two_tokens::auth::model::secret::ServerSecret;

use super::{Client, Transport, free_port};

/// What outlives a process: the database and the server secret.
pub struct Installation {
    pub database_url: String,
    /// The address of PostgreSQL itself, beside a pooler's.
    pub listen_url: Option<String>,
    pub secret_file: PathBuf,
    pub folder: TempDir,
}

impl Installation {
    /// On a SQLite file of its own, `a.db` in the folder.
    pub fn on_sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database_url = format!("sqlite://{}/a.db", folder.path().display());
        Self::of(database_url, folder)
    }

    pub fn on(database_url: &str) -> Self {
        Self::of(database_url.to_owned(), tempfile::tempdir().unwrap())
    }

    fn of(database_url: String, folder: TempDir) -> Self {
        let secret_file = folder.path().join("secret");
        std::fs::write(&secret_file, ServerSecret::generate().to_text()).unwrap();
        std::fs::set_permissions(&secret_file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        Self { database_url, listen_url: None, secret_file, folder }
    }

    /// Beside a pooler, PostgreSQL itself.
    pub fn listening_at(self, listen_url: &str) -> Self {
        Self { listen_url: Some(listen_url.to_owned()), ..self }
    }

    /// Starts a server on a free port, with more arguments of the command line.
    pub async fn serve(&self, more: &[&str]) -> Server {
        self.serve_at(free_port(), more, "").await
    }

    /// `prelude` is shell code that runs in the process before the program does, to start it under a limit.
    pub async fn serve_at(&self, port: u16, more: &[&str], prelude: &str) -> Server {
        let mut server = self.spawn(port, more, prelude);
        server.ready().await;
        server
    }

    /// Starts a server on a socket that it inherits, as from systemd; it has the settings of `more`.
    pub async fn serve_on(&self, listener: &TcpListener, more: &[&str]) -> Server {
        rustix::io::fcntl_setfd(listener, rustix::io::FdFlags::empty()).unwrap();
        let socket = listener.as_raw_fd();
        let prelude = format!("exec 3<&{socket}; export LISTEN_FDS=1 LISTEN_PID=$$;");
        let mut server = self.spawn(free_port(), more, &prelude);
        server.port = listener.local_addr().unwrap().port();
        server.base = format!("http://127.0.0.1:{}", server.port);
        server.ready().await;
        server
    }

    /// As [`Self::serve_at`], without waiting until it is ready.
    pub fn spawn(&self, port: u16, more: &[&str], prelude: &str) -> Server {
        let program = executable();
        let child = without_settings(Command::new("bash"))
            .arg("-c")
            .arg(format!("{prelude} exec {program} \"$@\""))
            .arg("two-tokens")
            .args(["--addr", &format!("127.0.0.1:{port}")])
            .args(self.settings())
            .args(["--log", "warn,security=error"])
            .args(more)
            .stdout(Stdio::null())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let scheme = if more.iter().any(|setting| setting.starts_with("--tls")) { "https" } else { "http" };
        Server { child, port, base: format!("{scheme}://127.0.0.1:{port}") }
    }

    fn settings(&self) -> Vec<&str> {
        let mut settings =
            vec!["--database-url", &self.database_url, "--secret-file", self.secret_file.to_str().unwrap()];
        settings.extend(self.listen_url.iter().flat_map(|url| ["--listen-url", url]));
        settings
    }

    /// Runs a command, which succeeds; what it says.
    pub fn run(&self, command: &[&str]) -> String {
        let output = program().args(command).args(self.settings()).output().unwrap();
        let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
        assert!(output.status.success(), "{said}");
        said
    }

    /// What `doctor` says of this server, which finds nothing wrong.
    pub fn doctor(&self, server: &Server) -> String {
        let (address, url) = (format!("127.0.0.1:{}", server.port), format!("http://localhost:{}", server.port));
        self.run(&["doctor", "--addr", &address, "--public-url", &url])
    }

    /// As [`Self::run`], with a line of standard input.
    pub fn run_with_input(&self, command: &[&str], line: &str) -> String {
        let mut program = program();
        program.args(command).args(self.settings()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = program.spawn().unwrap();
        writeln!(child.stdin.take().unwrap(), "{line}").unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs a command, which succeeds, with this `PATH`.
    pub fn run_with_path(&self, command: &[&str], path: &str) {
        let output = program().args(command).args(self.settings()).env("PATH", path).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// Runs a command, which fails; what it says.
    pub fn refused(&self, command: &[&str]) -> String {
        self.refused_with_path(command, &std::env::var("PATH").unwrap())
    }

    pub fn refused_with_path(&self, command: &[&str], path: &str) -> String {
        let output = program().args(command).args(self.settings()).env("PATH", path).output().unwrap();
        let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
        assert!(!output.status.success(), "{said}");
        said
    }

    /// A start that is refused; what it says.
    pub fn start_refused(&self, more: &[&str]) -> String {
        let address = format!("127.0.0.1:{}", free_port());
        let output = program().args(["--addr", &address]).args(self.settings()).args(more).output().unwrap();
        assert!(!output.status.success(), "it started");
        String::from_utf8(output.stderr).unwrap()
    }
}

/// The program under test: that of this build, or the one that `TEST_PROGRAM` names, such as a release build.
pub fn executable() -> String {
    std::env::var("TEST_PROGRAM").unwrap_or_else(|_| env!("CARGO_BIN_EXE_two-tokens").to_owned())
}

/// The program, without the settings of the environment: some are of the tests.
pub fn program() -> Command {
    without_settings(Command::new(executable()))
}

fn without_settings(mut command: Command) -> Command {
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("TWO_TOKENS_")) {
        command.env_remove(name);
    }
    command
}

pub struct Server {
    child: Child,
    pub port: u16,
    pub base: String,
}

impl From<&Server> for Transport {
    fn from(server: &Server) -> Self {
        server.base.as_str().into()
    }
}

impl Server {
    pub fn client(&self) -> Client {
        Client::of(self)
    }

    /// A client with a new account, signed in.
    pub async fn registered(&self, email: &str) -> Client {
        self.client().signed_up(email).await
    }

    /// Asks `/readyz` until the server is ready: it has no other way to tell.
    pub async fn ready(&mut self) {
        let transport = Transport::from(&*self);
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("the program ended: {status}");
            }
            let request = transport.request(Method::GET, "/readyz").body(Body::empty()).unwrap();
            match transport.send(request).await {
                Some(answer) if answer.status == StatusCode::OK => return,
                _ => tokio::time::sleep(Duration::from_millis(2)).await,
            }
        }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// SIGTERM; returns when the process is gone.
    pub fn terminate(&mut self) {
        self.signal();
        assert!(self.child.wait().unwrap().success());
    }

    /// SIGTERM.
    pub fn signal(&self) {
        assert!(Command::new("kill").arg(self.pid().to_string()).status().unwrap().success());
    }

    /// SIGHUP.
    pub fn hang_up(&self) {
        assert!(Command::new("kill").args(["-HUP", &self.pid().to_string()]).status().unwrap().success());
    }

    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits for the end of the process.
    pub async fn ended(&mut self) -> std::process::ExitStatus {
        loop {
            match self.child.try_wait().unwrap() {
                Some(status) => return status,
                None => tokio::time::sleep(Duration::from_millis(2)).await,
            }
        }
    }

    /// SIGKILL; returns when the process is gone.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}
