//! The file of the server secret. It is written aside and linked under its name when it is whole (atomic write), so a start
//! that was killed leaves none that is half written, and of several starters at once all take the same one.

use std::{
    fs::File,
    io::{self, ErrorKind, Read as _, Write as _},
    path::{Path, absolute},
};

use crate::auth::model::secret::ServerSecret;

/// A longer file is not a secret.
const MAX: u64 = 1024;

/// Reads the secret.
///
/// # Errors
///
/// A sentence that names the file and says what to do.
pub(super) fn read(path: &Path) -> Result<ServerSecret, String> {
    found(path)?.ok_or_else(|| {
        format!(
            "{} does not exist. If it was lost, restore it from a backup: without it the signing keys in the database cannot \
             be opened, and no refresh token is accepted",
            shown(path)
        )
    })
}

/// Reads the secret, or makes one where there is no file.
///
/// # Errors
///
/// As [`read`].
pub(super) fn read_or_create(path: &Path) -> Result<ServerSecret, String> {
    if let Some(secret) = found(path)? {
        return Ok(secret);
    }
    create(path).map_err(|error| format!("{} cannot be written: {error}", shown(path)))?;
    // Another starter may have been first.
    read(path)
}

fn found(path: &Path) -> Result<Option<ServerSecret>, String> {
    let text = match contents(path) {
        Ok(text) => text,
        // A link that leads nowhere is a mistake. Anything else that is there by now is the file of a starter that was faster.
        Err(error) if error.kind() == ErrorKind::NotFound && !path.is_symlink() => return Ok(None),
        Err(error) => return Err(format!("{} cannot be read: {error}", shown(path))),
    };
    match ServerSecret::from_text(&text) {
        Some(secret) => Ok(Some(secret)),
        None if text.trim().is_empty() => Err(format!(
            "{} is empty. Restore it from a backup; if there is no database yet, remove the file and start again",
            shown(path)
        )),
        None => Err(format!(
            "{} does not hold 32 bytes of base64url (43 characters). Restore it from a backup",
            shown(path)
        )),
    }
}

fn contents(path: &Path) -> io::Result<String> {
    if !path.metadata()?.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    let file = File::open(path)?;
    check_mode(path, &file)?;
    let mut text = String::new();
    file.take(MAX).read_to_string(&mut text)?;
    Ok(text)
}

/// Refuses a file that other users can read. Where it is mounted read-only, as containers mount secrets, nobody can change that.
#[cfg(unix)]
fn check_mode(path: &Path, file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = file.metadata()?.permissions().mode() & 0o777;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    let mounted_read_only =
        rustix::fs::fstatvfs(file).is_ok_and(|mount| mount.f_flag.contains(rustix::fs::StatVfsMountFlags::RDONLY));
    if mounted_read_only {
        return Ok(());
    }
    let path = path.display();
    Err(io::Error::other(format!("other users can read or write it (mode {mode:03o}): run chmod 600 '{path}'")))
}

#[cfg(not(unix))]
fn check_mode(_: &Path, _: &File) -> io::Result<()> {
    Ok(())
}

fn create(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
    crate::store::create_private_folder(folder)?;
    // Mode 0600.
    let mut file = tempfile::Builder::new().prefix(".secret-").tempfile_in(folder)?;
    writeln!(file, "{}", ServerSecret::generate().to_text())?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(path) {
        Ok(_) => File::open(folder)?.sync_all(),
        Err(refused) if refused.error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(refused) => Err(refused.error),
    }
}

fn shown(path: &Path) -> String {
    absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_secret_is_made_once_and_private_in_a_private_folder() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data/a.secret");
        let first = read_or_create(&path).unwrap().to_text();
        assert_eq!(read_or_create(&path).unwrap().to_text(), first);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
            assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        }
        let left: Vec<_> = path.parent().unwrap().read_dir().unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["a.secret"]);
    }

    #[test]
    fn several_starters_at_once_agree_on_one_secret() {
        let folder = tempfile::tempdir().unwrap();
        for round in 0..50 {
            let path = folder.path().join(format!("{round}.secret"));
            // Each reads again and again until there is one, so some look at the very moment when the file appears.
            let look = || {
                while found(&path)?.is_none() {}
                read(&path)
            };
            let secrets: HashSet<_> = std::thread::scope(|scope| {
                let lookers: Vec<_> = (0..4).map(|_| scope.spawn(look)).collect();
                let starters: Vec<_> = (0..4).map(|_| scope.spawn(|| read_or_create(&path))).collect();
                let all = lookers.into_iter().chain(starters);
                all.map(|starter| starter.join().unwrap().unwrap().to_text()).collect()
            });
            assert_eq!(secrets.len(), 1);
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_holds_no_secret_or_that_others_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.secret");
        let secret = ServerSecret::generate().to_text();
        let zeros = "\0".repeat(43);
        for (text, mode, said) in [
            ("", 0o600, "is empty"),
            (" \n", 0o600, "is empty"),
            (&secret[..20], 0o600, "does not hold 32 bytes"),
            (&zeros, 0o600, "does not hold 32 bytes"),
            (&secret, 0o644, "chmod 600"),
            (&secret, 0o640, "chmod 600"),
        ] {
            std::fs::write(&path, text).unwrap();
            path.metadata()
                .map(|m| m.permissions())
                .map(|mut p| {
                    p.set_mode(mode);
                    std::fs::set_permissions(&path, p)
                })
                .unwrap()
                .unwrap();
            let refused = read_or_create(&path).unwrap_err();
            assert!(refused.contains(said) && refused.contains("a.secret") && !refused.contains(&secret), "{refused}");
        }
        std::fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink(folder.path().join("nowhere"), &path).unwrap();
        assert!(read_or_create(&path).unwrap_err().contains("cannot be read"));
        assert!(read_or_create(folder.path()).unwrap_err().contains("not a file"));
    }
}
