//! What Linux says of processes and of this machine: processor time, memory, cores, versions.

use std::{
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use serde_json::{Value, json};

use super::Failure;

/// The server under test has this core for itself …
pub const SERVER: &str = "0";
/// … and the load has this one.
pub const LOAD: &str = "1";

/// Both cores: for a server that is measured on two, and for a database whose processes nobody counts.
pub const BOTH: &str = "0,1";

/// A program that runs on these cores only.
pub fn on_cores(cores: &str, program: &str) -> Command {
    let mut command = Command::new("taskset");
    command.args(["-c", cores, program]);
    command
}

/// Pins this process, and with it the processes that it starts from then on.
pub fn pin_self(cores: &str) -> Result<(), Failure> {
    let own = std::process::id().to_string();
    let pinned = Command::new("taskset").args(["-cp", cores, &own]).stdout(Stdio::null()).status()?;
    if pinned.success() {
        Ok(())
    } else {
        Err("`taskset` cannot pin to two cores: this needs Linux and two cores".into())
    }
}

/// The processor time of a process so far, with that of threads that have ended.
pub fn cpu(pid: u32) -> Result<Duration, Failure> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name in brackets may contain spaces. After it, fields 14 and 15 are the user's and the system's time, in the
    // 1/100 s that Linux shows on every machine.
    let (_, fields) = stat.rsplit_once(") ").ok_or("no name in /proc/PID/stat")?;
    let mut times = fields.split(' ').skip(11).map(str::parse::<u64>);
    let (user, system) = (times.next().ok_or("no utime")??, times.next().ok_or("no stime")??);
    Ok(Duration::from_millis((user + system) * 10))
}

/// A line of `/proc/PID/status`, in bytes.
pub fn memory(pid: u32, name: &str) -> Result<f64, Failure> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).ok_or("no such line")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? * 1024.0)
}

/// What a command prints; `null` where it does not run.
fn said(program: &str, arguments: &[&str]) -> Value {
    let output = Command::new(program).args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output();
    let output = output.ok().filter(|output| output.status.success());
    output.map_or(Value::Null, |output| String::from_utf8_lossy(&output.stdout).trim().into())
}

fn line_of(file: &str, name: &str) -> Value {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.trim_start().strip_prefix(':'));
    line.map_or(Value::Null, |line| line.trim().into())
}

/// What a reader must know to compare a run with their own. `node` and `postgres` are null where they are missing.
pub async fn environment() -> Result<Value, Failure> {
    use sqlx::Connection as _;
    let mut memory = sqlx::SqliteConnection::connect("sqlite::memory:").await?;
    let sqlite: String = sqlx::query_scalar("SELECT sqlite_version()").fetch_one(&mut memory).await?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    Ok(json!({
        "date": said("date", &["-u", "+%Y-%m-%dT%H:%M:%SZ"]),
        "commit": said("git", &["rev-parse", "HEAD"]),
        "uncommitted_changes": said("git", &["status", "--porcelain"]) != "",
        "cpu": line_of("/proc/cpuinfo", "model name"),
        "cores": std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default().matches("processor\t").count(),
        "memory": line_of("/proc/meminfo", "MemTotal"),
        "kernel": said("uname", &["-sr"]),
        "load_average_before": load.split(' ').next(),
        "server_core": SERVER,
        "load_core": LOAD,
        "rustc": said("rustc", &["--version"]),
        "sqlite": sqlite,
        "node": said("node", &["--version"]),
        "postgres": said("postgres", &["--version"]).as_str().or(said("psql", &["--version"]).as_str()),
        "peers": peers(root),
    }))
}

/// The versions of the peers, as they are locked.
fn peers(root: &Path) -> Value {
    let package = std::fs::read_to_string(root.join("benches/peers/package.json")).unwrap_or_default();
    let package: Value = serde_json::from_str(&package).unwrap_or_default();
    let mut peers = package["dependencies"].clone();
    let lock = std::fs::read_to_string(root.join("benches/peers/axum-login/Cargo.lock")).unwrap_or_default();
    for name in ["axum", "axum-login", "tower-sessions", "tower-sessions-sqlx-store", "sqlx", "password-auth"] {
        let version = lock.split(&format!("name = \"{name}\"\nversion = \"")).nth(1);
        peers[name] = version.and_then(|rest| rest.split('"').next()).into();
    }
    peers
}
