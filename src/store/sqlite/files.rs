//! The files of a database: private to the user who runs the server (mode 0600, folders 0700, whatever the umask says), and
//! owned by one server process.

use std::{
    fs::{DirBuilder, File, OpenOptions, TryLockError},
    io::{self, ErrorKind, Read as _, Write as _},
    path::{Path, PathBuf},
};

/// Creates a folder and its parents, each private. An existing folder stays as it is.
///
/// # Errors
///
/// Those of the file system.
pub fn create_private_folder(folder: &Path) -> io::Result<()> {
    if folder.as_os_str().is_empty() || folder.is_dir() {
        return Ok(());
    }
    if let Some(parent) = folder.parent() {
        create_private_folder(parent)?;
    }
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(folder) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists && folder.is_dir() => Ok(()),
        created => created,
    }
}

/// Creates an empty database file where there is none. SQLite gives its other files the same mode.
pub(super) fn create_private(file: &Path) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        create_private_folder(folder)?;
    }
    match private().create_new(true).open(file) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        created => created.map(drop),
    }
}

/// Takes other users' rights to the files of a database that an earlier version made.
pub(super) fn make_private(file: &Path) {
    #[cfg(unix)]
    for path in [file.to_owned(), beside(file, "-wal"), beside(file, "-shm")] {
        use std::os::unix::fs::PermissionsExt as _;
        let Ok(metadata) = path.metadata() else { continue };
        let mode = metadata.permissions().mode() & 0o777;
        if mode & 0o077 == 0 {
            continue;
        }
        let path_shown = path.display();
        match std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode & 0o700)) {
            Ok(()) => tracing::warn!("{path_shown} was open to other users (mode {mode:03o}); it is private now"),
            Err(error) => {
                tracing::warn!(%error, "{path_shown} is open to other users (mode {mode:03o}): run chmod 600")
            }
        }
    }
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

pub(super) fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Shows that a server process has the database: an advisory lock of the operating system on a file beside it, which ends
/// with the process, however that ends. The file stays; only its lock counts.
pub(super) struct OwnerLock(#[expect(dead_code, reason = "held, not read")] File);

impl OwnerLock {
    /// Takes the lock. The file of the database must exist: several names of it are one.
    ///
    /// # Errors
    ///
    /// A sentence: another process has it.
    pub(super) fn take(database: &Path) -> Result<Self, String> {
        let database = database.canonicalize().map_err(|error| format!("{}: {error}", database.display()))?;
        let path = beside(&database, ".lock");
        let described = |error: io::Error| format!("{} cannot be locked: {error}", path.display());
        let mut file = private().create(true).truncate(false).open(&path).map_err(described)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut owner = String::new();
                let _ = (&file).take(20).read_to_string(&mut owner);
                let process =
                    if owner.trim().is_empty() { String::new() } else { format!(" (process {})", owner.trim()) };
                return Err(format!(
                    "another server{process} has the database {}. One process serves an SQLite file: stop that one first, or \
                     use PostgreSQL for several",
                    database.display()
                ));
            }
            Err(TryLockError::Error(error)) => return Err(described(error)),
        }
        file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id())).map_err(described)?;
        Ok(Self(file))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_owner_at_a_time_by_whatever_name() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.db");
        create_private(&file).unwrap();
        let owner = OwnerLock::take(&file).unwrap();
        let refused = OwnerLock::take(&folder.path().join(".").join("a.db")).err().unwrap();
        assert!(refused.contains(&format!("(process {})", std::process::id())), "{refused}");
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(&file, folder.path().join("b.db")).unwrap();
            assert!(OwnerLock::take(&folder.path().join("b.db")).is_err());
        }
        drop(owner);
        assert!(OwnerLock::take(&file).is_ok());
    }
}
