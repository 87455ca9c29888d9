//! The load generator: raw HTTP/1.1 over kept-alive connections, one request under way on each, written and read by hand so
//! that the load costs its core less than the server's work costs the other one. A closed loop: a slow server is asked less.
//!
//! Where answers come from memory it never sleeps: to wake it, the server's core would have to interrupt this one, which costs a
//! virtual machine microseconds, and the more often the slower the server is. Where answers wait for the disk it does: the
//! kernel's own threads need a core on which they run at once, or one commit in a thousand takes 16 ms.

use std::{
    cell::{Cell, OnceCell},
    net::Ipv4Addr,
    time::{Duration, Instant},
};

use futures::future::{join_all, try_join_all};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
};

use super::{Failure, machine, result::Sample};

/// A server under load: where it listens, and whose processor time is counted.
#[derive(Clone, Copy)]
pub struct Target {
    pub pid: u32,
    pub port: u16,
}

/// What one connection says.
#[derive(Clone)]
pub enum Talk {
    /// The same request again and again. Every answer has this status and contains these words, so that a server which
    /// refuses for another reason is not measured by mistake.
    Same { request: String, status: u16, words: &'static str },
    /// Each of these in its turn, answered with 200.
    Several { requests: Vec<String>, next: usize },
    /// The cookie that an answer sets goes into the next request, with these others beside it.
    Rotating { path: &'static str, cookie: &'static str, token: String, others: String },
}

impl Talk {
    pub fn get(path: &str, headers: &str, status: u16, words: &'static str) -> Self {
        Self::Same { request: format!("GET {path} HTTP/1.1\r\n{HOST}{headers}\r\n"), status, words }
    }

    /// Posts a body; every answer is a 200.
    pub fn post(path: &str, kind: &str, body: &str) -> Self {
        Self::Same { request: post(path, &format!("content-type: {kind}\r\n"), body), status: 200, words: "" }
    }

    /// Posts one body after another, and begins anew behind the last one.
    pub fn posts(path: &str, kind: &str, bodies: &[String]) -> Self {
        let requests = bodies.iter().map(|body| post(path, &format!("content-type: {kind}\r\n"), body)).collect();
        Self::Several { requests, next: 0 }
    }

    /// Posts a cookie, and goes on with the one that the answer sets.
    pub fn rotating(path: &'static str, cookie: &'static str, token: &str) -> Self {
        Self::Rotating { path, cookie, token: token.to_owned(), others: String::new() }
    }

    /// The same, with other cookies beside the one that rotates: `; name=value`.
    pub fn rotating_beside(path: &'static str, cookie: &'static str, token: &str, others: &str) -> Self {
        Self::Rotating { path, cookie, token: token.to_owned(), others: others.to_owned() }
    }

    /// A refresh that is refused with this code, as it has a token that nobody issued.
    pub fn forged(path: &str, cookie: &str, token: &str, words: &'static str) -> Self {
        Self::Same { request: refresh(path, cookie, token, ""), status: 401, words }
    }

    /// Whether no answer waits for the disk.
    const fn is_answered_from_memory(&self) -> bool {
        matches!(self, Self::Same { .. })
    }

    pub fn request(&self) -> String {
        match self {
            Self::Same { request, .. } => request.clone(),
            Self::Several { requests, next } => requests[*next].clone(),
            Self::Rotating { path, cookie, token, others } => refresh(path, cookie, token, others),
        }
    }

    /// Sends one request, and takes in what the answer means for the next one.
    async fn turn(&mut self, line: &mut Line) -> Result<(), Failure> {
        match self {
            Self::Same { request, status, words } => {
                let answer = line.send(request).await?;
                if status_of(answer) != *status || !answer.contains(*words) {
                    return Err(format!("expected {status} {words}, not: {answer}").into());
                }
            }
            Self::Several { requests, next } => {
                let answer = line.send(&requests[*next]).await?;
                if status_of(answer) != 200 {
                    return Err(format!("expected 200, not: {answer}").into());
                }
                *next = (*next + 1) % requests.len();
            }
            Self::Rotating { path, cookie, token, others } => {
                let answer = line.send(&refresh(path, cookie, token, others)).await?;
                let next = set_cookie(answer, cookie).ok_or_else(|| format!("no cookie {cookie} in: {answer}"))?;
                next.clone_into(token);
            }
        }
        Ok(())
    }
}

const HOST: &str = "host: localhost:3000\r\norigin: http://localhost:3000\r\n";

fn post(path: &str, headers: &str, body: &str) -> String {
    format!("POST {path} HTTP/1.1\r\n{HOST}content-length: {}\r\n{headers}\r\n{body}", body.len())
}

fn refresh(path: &str, cookie: &str, token: &str, others: &str) -> String {
    post(path, &format!("cookie: {cookie}={token}{others}\r\n"), "")
}

/// The value of a cookie that an answer sets.
pub fn set_cookie<'a>(answer: &'a str, cookie: &str) -> Option<&'a str> {
    let mut lines = answer.lines().take_while(|line| !line.is_empty());
    lines.find_map(|line| {
        let value = after(line, "set-cookie:")?.trim_start().strip_prefix(cookie)?.strip_prefix('=')?;
        value.split(';').next()
    })
}

/// What follows a header's name, which is written in any case.
fn after<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let (start, rest) = line.split_at_checked(name.len())?;
    start.eq_ignore_ascii_case(name).then_some(rest)
}

fn status_of(answer: &str) -> u16 {
    answer.get(9..12).and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

/// Below this server's share, with room for connections of the round before that it has not seen close.
const PER_SOURCE: usize = 128;

/// One kept-alive connection.
pub struct Line {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Line {
    /// By number: a server gives each source address a share of its connections, so many come from several.
    pub async fn open(port: u16, number: usize) -> Result<Self, Failure> {
        let socket = TcpSocket::new_v4()?;
        let source = Ipv4Addr::new(127, 0, 0, u8::try_from(1 + number / PER_SOURCE)?);
        socket.bind((source, 0).into())?;
        let stream = socket.connect((Ipv4Addr::LOCALHOST, port).into()).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(8192) })
    }

    /// The whole answer, head and body.
    pub async fn send(&mut self, request: &str) -> Result<&str, Failure> {
        self.stream.write_all(request.as_bytes()).await?;
        self.buffer.clear();
        while !whole(str::from_utf8(&self.buffer)?) {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err("the server closed the connection".into());
            }
        }
        Ok(str::from_utf8(&self.buffer)?)
    }
}

/// Only one request is under way, so nothing follows the answer. A body in chunks ends with an empty one.
fn whole(answer: &str) -> bool {
    let Some((head, body)) = answer.split_once("\r\n\r\n") else { return false };
    for line in head.lines() {
        if let Some(length) = after(line, "content-length:") {
            return length.trim().parse().is_ok_and(|length: usize| body.len() >= length);
        }
        if after(line, "transfer-encoding:").is_some() {
            return body.ends_with("0\r\n\r\n");
        }
    }
    true
}

/// One request on a connection of its own.
pub async fn once(target: Target, talk: &Talk) -> Result<String, Failure> {
    Ok(Line::open(target.port, 0).await?.send(&talk.request()).await?.to_owned())
}

/// So many requests of a conversation, one after another on one connection.
pub async fn turns(target: Target, talk: &mut Talk, turns: u32) -> Result<(), Failure> {
    let mut line = Line::open(target.port, 0).await?;
    for _ in 0..turns {
        talk.turn(&mut line).await?;
    }
    Ok(())
}

/// Looks for answers again and again, and adds up how long there was none.
async fn stay_awake(answered: &Cell<u64>, idle: &Cell<Duration>) {
    let (mut known, mut last) = (answered.get(), Instant::now());
    loop {
        tokio::task::yield_now().await;
        let (now, count) = (Instant::now(), answered.get());
        if count == known {
            idle.set(idle.get() + (now - last));
        }
        (known, last) = (count, now);
    }
}

/// What was counted in one slice of a round.
pub struct Slice {
    pub answers: f64,
    pub seconds: f64,
    /// The processor time of the server.
    pub server: Option<Duration>,
    /// For how many seconds the load had something to do.
    pub load: Option<f64>,
    /// The time of each answer, in milliseconds.
    pub times: Vec<f64>,
}

/// The slices of a round as one sample.
pub fn sample(slices: Vec<Slice>) -> Sample {
    let answers: f64 = slices.iter().map(|slice| slice.answers).sum();
    let seconds: f64 = slices.iter().map(|slice| slice.seconds).sum();
    let server: Option<Duration> = slices.iter().map(|slice| slice.server).sum();
    let load: Option<f64> = slices.iter().map(|slice| slice.load).sum();
    let mut times: Vec<f64> = slices.into_iter().flat_map(|slice| slice.times).collect();
    times.sort_by(f64::total_cmp);
    let percentile = |at: f64| times.get((times.len() as f64 * at) as usize).copied();
    Sample {
        answers_per_second: answers / seconds,
        server_cpu_us: server.map(|server| server.as_secs_f64() * 1e6 / answers),
        load_busy: load.map(|load| load / seconds),
        p50_ms: percentile(0.5),
        p99_ms: percentile(0.99),
    }
}

/// A moment at which counting begins or ends: that of an answer.
struct Mark {
    at: Instant,
    server: Duration,
    /// How long the load has had something to do so far.
    load: Duration,
}

/// Each conversation on a connection of its own, all at once. Counted are the answers from the moment at which each has had one,
/// for this long: connections are open by then, and what is under way at the end counts nowhere.
pub async fn run(target: Target, talks: &mut [Talk], time: Duration) -> Result<Slice, Failure> {
    let mut lines = try_join_all((0..talks.len()).map(|number| Line::open(target.port, number))).await?;
    let from_memory = talks.iter().all(Talk::is_answered_from_memory);
    let (answered, idle) = (Cell::new(0_u64), Cell::new(Duration::ZERO));
    let begin = Instant::now();
    let mark = || {
        let server = machine::cpu(target.pid)?;
        let load = if from_memory { begin.elapsed() - idle.get() } else { machine::cpu(std::process::id())? };
        Ok::<_, Failure>(Mark { at: Instant::now(), server, load })
    };
    let without_answer = Cell::new(talks.len());
    let (first, last) = (OnceCell::new(), OnceCell::new());
    let work = talks.iter_mut().zip(&mut lines).map(|(talk, line)| {
        let (answered, without_answer, mark, first, last) = (&answered, &without_answer, &mark, &first, &last);
        async move {
            talk.turn(line).await?;
            without_answer.set(without_answer.get() - 1);
            if without_answer.get() == 0 {
                let _ = first.set(mark()?);
            }
            let mut times = Vec::new();
            while last.get().is_none() {
                let sent = Instant::now();
                talk.turn(line).await?;
                answered.set(answered.get() + 1);
                let Some(Mark { at, .. }) = first.get() else { continue };
                if last.get().is_none() {
                    times.push(sent.elapsed().as_secs_f64() * 1e3);
                    if at.elapsed() >= time {
                        let _ = last.set(mark()?);
                    }
                }
            }
            Ok::<_, Failure>(times)
        }
    });
    let mut times = Vec::new();
    tokio::select! {
        biased;
        lines = join_all(work) => for line in lines {
            times.extend(line?);
        },
        () = stay_awake(&answered, &idle), if from_memory => {}
    }
    let (Some(first), Some(last)) = (first.into_inner(), last.into_inner()) else {
        return Err("nothing was asked".into());
    };
    Ok(Slice {
        answers: times.len() as f64,
        seconds: (last.at - first.at).as_secs_f64(),
        server: Some(last.server - first.server),
        load: Some((last.load - first.load).as_secs_f64()),
        times,
    })
}
