//! The site: the files that a build makes for browsers. They are in the binary or in a folder; both are served alike, with
//! precompressed files, entity tags, conditional and range requests.

use std::{
    convert::Infallible,
    future::{Ready, ready},
    io::{self, Cursor, ErrorKind},
    path::{Path, PathBuf},
    pin::Pin,
    task::{Context, Poll},
    time::{Duration, SystemTime},
};

use axum::{
    body::Body,
    extract::Request,
    response::{IntoResponse as _, Response},
};
use rust_embed::EmbeddedFile;
use tokio::io::{AsyncRead, AsyncSeek, ReadBuf};
use tower::ServiceExt as _;
use tower_http::services::fs::{Backend, DefaultServeDirFallback, File, Metadata, ServeDir};

/// A file in the binary, by its path below the site's root.
pub type Lookup = fn(&str) -> Option<EmbeddedFile>;

/// The file that lists the hashes in file names, in a site that is in the binary.
pub const HASHES: &str = "hash.txt";

/// Where the site is.
#[derive(Clone, Debug)]
pub enum Site {
    Folder(PathBuf),
    Embedded(Lookup),
}

impl Site {
    /// The site in the binary, unless there is none or the environment names a folder, as cargo-leptos does.
    pub fn find(embedded: Lookup, folder: &str) -> Self {
        let named = std::env::var_os("LEPTOS_SITE_ROOT").is_some_and(|folder| !folder.is_empty());
        match embedded(HASHES) {
            Some(_) if !named => Self::Embedded(embedded),
            _ => Self::Folder(folder.into()),
        }
    }

    /// The list of hashes, where the site is in the binary.
    pub fn hashes(&self) -> Option<String> {
        match self {
            Self::Folder(_) => None,
            Self::Embedded(lookup) => Some(String::from_utf8_lossy(&lookup(HASHES)?.data).into_owned()),
        }
    }

    /// The files below `folder`, which is a path below the site's root.
    pub fn files(&self, folder: &str) -> SiteFiles {
        // Directories have no pages of their own.
        match self {
            Self::Folder(root) => {
                let files = ServeDir::new(root.join(folder)).append_index_html_on_directories(false);
                SiteFiles::Folder(files.precompressed_br().precompressed_gzip())
            }
            Self::Embedded(lookup) => {
                let files = ServeDir::with_backend(folder, Embedded(*lookup)).append_index_html_on_directories(false);
                SiteFiles::Embedded(files.precompressed_br().precompressed_gzip())
            }
        }
    }
}

/// The files of a folder of the site. Made once: a request clones it.
#[derive(Clone)]
pub enum SiteFiles {
    Folder(ServeDir),
    Embedded(ServeDir<DefaultServeDirFallback, Embedded>),
}

impl SiteFiles {
    /// Answers a request for a file.
    pub async fn serve(self, request: Request) -> Response {
        let answer = match self {
            Self::Folder(files) => files.oneshot(request).await,
            Self::Embedded(files) => files.oneshot(request).await,
        };
        answer.map_or_else(|never: Infallible| match never {}, |answer| answer.map(Body::new).into_response())
    }
}

/// The files in the binary.
#[derive(Clone)]
pub struct Embedded(Lookup);

impl Embedded {
    fn find(&self, path: &Path) -> io::Result<EmbeddedFile> {
        let missing = || io::Error::from(ErrorKind::NotFound);
        let path = path.strip_prefix(".").unwrap_or(path).to_str().ok_or_else(missing)?;
        // The list is the server's.
        let file = (path != HASHES).then(|| (self.0)(path)).flatten();
        file.ok_or_else(missing)
    }
}

impl Backend for Embedded {
    type File = Opened;
    type Metadata = Facts;
    type OpenFuture = Ready<io::Result<Opened>>;
    type MetadataFuture = Ready<io::Result<Facts>>;

    fn open(&self, path: PathBuf) -> Self::OpenFuture {
        ready(self.find(&path).map(|file| {
            let facts = Facts::of(&file);
            Opened { facts, contents: Cursor::new(file.data) }
        }))
    }

    fn metadata(&self, path: PathBuf) -> Self::MetadataFuture {
        ready(self.find(&path).map(|file| Facts::of(&file)))
    }
}

/// What is known of a file in the binary.
#[derive(Clone, Copy)]
pub struct Facts {
    length: usize,
    modified: Option<u64>,
}

impl Facts {
    fn of(file: &EmbeddedFile) -> Self {
        Self { length: file.data.len(), modified: file.metadata.last_modified() }
    }
}

impl Metadata for Facts {
    fn is_dir(&self) -> bool {
        false
    }

    fn modified(&self) -> io::Result<SystemTime> {
        let seconds = self.modified.ok_or(ErrorKind::Unsupported)?;
        Ok(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
    }

    fn len(&self) -> u64 {
        self.length as u64
    }
}

/// A file in the binary that is being read.
pub struct Opened {
    facts: Facts,
    contents: Cursor<std::borrow::Cow<'static, [u8]>>,
}

impl File for Opened {
    type Metadata = Facts;
    type MetadataFuture<'a> = Ready<io::Result<Facts>>;

    fn metadata(&self) -> Self::MetadataFuture<'_> {
        ready(Ok(self.facts))
    }
}

impl AsyncRead for Opened {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.contents).poll_read(context, buffer)
    }
}

impl AsyncSeek for Opened {
    fn start_seek(mut self: Pin<&mut Self>, position: io::SeekFrom) -> io::Result<()> {
        Pin::new(&mut self.contents).start_seek(position)
    }

    fn poll_complete(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<u64>> {
        Pin::new(&mut self.contents).poll_complete(context)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use axum::body::to_bytes;
    use axum::http::{HeaderMap, StatusCode, header};
    use rust_embed::Embed;

    use super::*;

    /// Any files will do; these are always there.
    #[derive(Embed)]
    #[folder = "public/"]
    struct Public;

    fn with_hashes(path: &str) -> Option<EmbeddedFile> {
        if path == HASHES { Public::get("robots.txt") } else { Public::get(path) }
    }

    fn sites() -> [Site; 2] {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/public");
        [Site::Folder(folder.into()), Site::Embedded(with_hashes)]
    }

    async fn get(site: &Site, path: &str, headers: &[(&str, &str)]) -> (StatusCode, HeaderMap, Vec<u8>) {
        let request = headers.iter().fold(Request::get(path), |request, (name, value)| request.header(*name, *value));
        let answer = site.files("").serve(request.body(Body::empty()).unwrap()).await;
        let (parts, body) = answer.into_parts();
        (parts.status, parts.headers, to_bytes(body, usize::MAX).await.unwrap().to_vec())
    }

    #[tokio::test]
    async fn a_site_in_the_binary_answers_as_one_in_a_folder() {
        let whole = std::fs::read("public/robots.txt").unwrap();
        for site in sites() {
            let (status, headers, body) = get(&site, "/robots.txt", &[]).await;
            assert_eq!((status, &body), (StatusCode::OK, &whole), "{site:?}");
            let known: HashMap<_, _> =
                headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
            assert_eq!(known["content-type"], "text/plain");
            let tag = known["etag"].to_owned();
            let (status, _, body) = get(&site, "/robots.txt", &[("if-none-match", &tag)]).await;
            assert_eq!((status, body.len()), (StatusCode::NOT_MODIFIED, 0));
            let (status, headers, body) = get(&site, "/robots.txt", &[("range", "bytes=1-3")]).await;
            assert_eq!((status, &*body), (StatusCode::PARTIAL_CONTENT, &whole[1..=3]));
            assert_eq!(headers[header::CONTENT_RANGE], format!("bytes 1-3/{}", whole.len()));
            for missing in ["/nothing.txt", "/", "/../Cargo.toml", "/%2e%2e/Cargo.toml", "/favicon.svg/", "/hash.txt"] {
                let (status, ..) = get(&site, missing, &[]).await;
                assert_eq!(status, StatusCode::NOT_FOUND, "{missing} {site:?}");
            }
        }
    }

    #[test]
    fn a_binary_without_a_site_serves_a_folder() {
        assert!(matches!(Site::find(|_| None, "somewhere"), Site::Folder(folder) if folder == Path::new("somewhere")));
        if std::env::var_os("LEPTOS_SITE_ROOT").is_none() {
            assert!(matches!(Site::find(with_hashes, "somewhere"), Site::Embedded(_)));
        }
    }
}
