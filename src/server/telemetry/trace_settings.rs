//! The settings of traces: the standard environment variables of OpenTelemetry, so that what operators know works here. The SDK
//! reads them itself, but it passes over what it cannot read. So all of them are read here first: a value that cannot be
//! read is refused with a sentence, and a name that has no effect is told in the log. No sentence repeats a value that may be
//! secret.

use std::{collections::BTreeMap, ffi::OsString, time::Duration};

use axum::http::{HeaderName, HeaderValue};
use percent_encoding::percent_decode_str;
use url::Url;

const PREFIX: &str = "OTEL_";
const SDK_DISABLED: &str = "OTEL_SDK_DISABLED";
const EXPORTER: &str = "OTEL_TRACES_EXPORTER";
const SERVICE_NAME: &str = "OTEL_SERVICE_NAME";
const RESOURCE: &str = "OTEL_RESOURCE_ATTRIBUTES";
const SAMPLER: &str = "OTEL_TRACES_SAMPLER";
const SAMPLER_ARG: &str = "OTEL_TRACES_SAMPLER_ARG";
const DELAY: &str = "OTEL_BSP_SCHEDULE_DELAY";
const QUEUE: &str = "OTEL_BSP_MAX_QUEUE_SIZE";
const BATCH: &str = "OTEL_BSP_MAX_EXPORT_BATCH_SIZE";
const TRACES_ENDPOINT: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
/// For traces alone first: it precedes the one for all signals.
const PROTOCOL: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"];
const HEADERS: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"];
const TIMEOUT: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"];
const COMPRESSION: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "OTEL_EXPORTER_OTLP_COMPRESSION"];

/// The samplers that the SDK has, and whether they take a probability.
const SAMPLERS: [(&str, bool); 6] = [
    ("always_on", false),
    ("always_off", false),
    ("traceidratio", true),
    ("parentbased_always_on", false),
    ("parentbased_always_off", false),
    ("parentbased_traceidratio", true),
];

/// The most spans that wait for the exporter; the SDK's default is [`QUEUE_DEFAULT`].
pub const QUEUE_MAX: usize = 65_536;
/// The spans that wait for the exporter at most, unless set otherwise.
pub const QUEUE_DEFAULT: usize = 2_048;
/// The longest time that one delivery may be given.
const TIMEOUT_MAX: Duration = Duration::from_secs(60);

/// Where spans go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceSettings {
    /// The URL that they are posted to.
    pub endpoint: String,
    /// How long one delivery may take.
    pub timeout: Duration,
    /// The most spans that wait.
    pub queue: usize,
    /// Whether the environment names the service.
    pub names_service: bool,
    /// The names of variables that have no effect.
    pub ignored: Vec<String>,
}

/// Whether a collector is named, however well.
pub fn endpoint_is_set(variables: impl Iterator<Item = (OsString, OsString)>) -> bool {
    let named = |name: &OsString| name == ENDPOINT || name == TRACES_ENDPOINT;
    variables.into_iter().any(|(name, value)| named(&name) && !value.is_empty())
}

impl TraceSettings {
    /// The settings in these variables; `None` when they name no collector, or turn the export off.
    ///
    /// # Errors
    ///
    /// A sentence that names the variable.
    pub fn read(variables: impl Iterator<Item = (OsString, OsString)>) -> Result<Option<Self>, String> {
        let mut given = Given::gather(variables)?;
        let disabled = given.choice(SDK_DISABLED, &["false", "true"])? == Some("true");
        let exported = given.choice(EXPORTER, &["otlp", "none"])? != Some("none");
        let endpoint = match given.take(TRACES_ENDPOINT) {
            Some(endpoint) => Some(checked_url(TRACES_ENDPOINT, &endpoint)?),
            None => given.take(ENDPOINT).map(|base| base_url(&base)).transpose()?,
        };
        let Some(endpoint) = endpoint.filter(|_| exported && !disabled) else { return Ok(None) };
        // It precedes this one, and then this one has been read as well.
        given.take(ENDPOINT);
        for name in PROTOCOL {
            given.choice(name, &["http/protobuf"])?;
        }
        for name in COMPRESSION {
            given.choice(name, &["none"])?;
        }
        for name in HEADERS {
            let headers = given.take(name).unwrap_or_default();
            pairs(&headers, is_header).ok_or(format!("{name}: is not name=value,name=value with header names"))?;
        }
        let resource = given.take(RESOURCE).unwrap_or_default();
        pairs(&resource, |name, _| !name.is_empty()).ok_or(format!("{RESOURCE}: is not name=value,name=value"))?;
        given.sampler()?;
        let queue = given.number(QUEUE, QUEUE_MAX)?.unwrap_or(QUEUE_DEFAULT);
        given.number(BATCH, queue)?;
        given.number(DELAY, usize::MAX)?;
        Ok(Some(Self {
            endpoint,
            timeout: given.timeout()?,
            queue,
            names_service: given.take(SERVICE_NAME).is_some() || resource.contains("service.name"),
            ignored: given.0.into_keys().collect(),
        }))
    }
}

/// The variables that are not read yet.
struct Given(BTreeMap<String, String>);

impl Given {
    fn gather(variables: impl Iterator<Item = (OsString, OsString)>) -> Result<Self, String> {
        let mut given = BTreeMap::new();
        for (name, value) in variables {
            let Some(name) = name.to_str().filter(|name| name.starts_with(PREFIX)) else { continue };
            let value = value.to_str().ok_or_else(|| format!("{name}: the value is not UTF-8"))?;
            // An empty value counts as unset, as the specification says.
            if !value.trim().is_empty() {
                given.insert(name.to_owned(), value.trim().to_owned());
            }
        }
        Ok(Self(given))
    }

    fn take(&mut self, name: &str) -> Option<String> {
        self.0.remove(name)
    }

    fn choice(&mut self, name: &str, choices: &[&'static str]) -> Result<Option<&'static str>, String> {
        let Some(value) = self.take(name) else { return Ok(None) };
        let choice = choices.iter().copied().find(|choice| value.eq_ignore_ascii_case(choice));
        choice.map(Some).ok_or_else(|| format!("{name}: this program knows {}", choices.join(" and ")))
    }

    fn number(&mut self, name: &str, most: usize) -> Result<Option<usize>, String> {
        let Some(value) = self.take(name) else { return Ok(None) };
        let number = value.parse().ok().filter(|number| (1..=most).contains(number));
        number.map(Some).ok_or_else(|| format!("{name}: is not a whole number from 1 to {most}"))
    }

    fn timeout(&mut self) -> Result<Duration, String> {
        let most = usize::try_from(TIMEOUT_MAX.as_millis()).unwrap_or(usize::MAX);
        let [first, second] = [self.number(TIMEOUT[0], most)?, self.number(TIMEOUT[1], most)?];
        let millis = first.or(second).unwrap_or(10_000);
        Ok(Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX)))
    }

    fn sampler(&mut self) -> Result<(), String> {
        let name = self.choice(SAMPLER, &SAMPLERS.map(|(name, _)| name))?;
        let takes_probability = SAMPLERS.iter().any(|(known, takes)| Some(*known) == name && *takes);
        if !takes_probability {
            // Then the argument has no effect, and is told.
            return Ok(());
        }
        let probability = self.take(SAMPLER_ARG).and_then(|argument| argument.parse::<f64>().ok());
        match probability {
            Some(probability) if (0.0..=1.0).contains(&probability) => Ok(()),
            _ => Err(format!("{SAMPLER_ARG}: {SAMPLER} needs a probability from 0 to 1 here")),
        }
    }
}

fn base_url(base: &str) -> Result<String, String> {
    checked_url(ENDPOINT, base).map(|_| format!("{}/v1/traces", base.trim_end_matches('/')))
}

fn checked_url(name: &str, text: &str) -> Result<String, String> {
    let refused = |problem: &str| Err(format!("{name}: {problem}"));
    let Ok(url) = Url::parse(text) else { return refused("is not a URL like http://127.0.0.1:4318") };
    if !url.username().is_empty() || url.password().is_some() {
        return refused("must not have a user name or a password in it: OTEL_EXPORTER_OTLP_HEADERS takes credentials");
    }
    match url.scheme() {
        "http" if url.host().is_some() => Ok(text.to_owned()),
        "https" => refused("this program speaks no TLS to a collector: run one beside it, which forwards over TLS"),
        _ => refused("must be http:// and a host"),
    }
}

/// Reads `name=value,name=value`; `None` when it is something else, or `fits` refuses a pair.
fn pairs(text: &str, fits: impl Fn(&str, &str) -> bool) -> Option<()> {
    for pair in text.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=')?;
        let value = percent_decode_str(value.trim()).decode_utf8().ok()?;
        if !fits(name.trim(), &value) {
            return None;
        }
    }
    Some(())
}

fn is_header(name: &str, value: &str) -> bool {
    name.parse::<HeaderName>().is_ok() && HeaderValue::from_str(value).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Option<TraceSettings>, String> {
        TraceSettings::read(variables.iter().map(|(name, value)| (name.into(), value.into())))
    }

    /// Beside a collector.
    fn with(name: &str, value: &str) -> Result<TraceSettings, String> {
        read(&[(ENDPOINT, "http://collector:4318"), (name, value)]).map(Option::unwrap)
    }

    #[test]
    fn without_a_collector_nothing_is_exported() {
        let on = (ENDPOINT, "http://collector:4318");
        for off in [
            &[][..],
            &[(ENDPOINT, " ")],
            &[(SERVICE_NAME, "shop"), (SAMPLER, "always_on")],
            &[on, (SDK_DISABLED, "TRUE")],
            &[on, (EXPORTER, "none")],
        ] {
            assert_eq!(read(off), Ok(None), "{off:?}");
        }
        let settings = read(&[on]).unwrap().unwrap();
        assert_eq!(settings.endpoint, "http://collector:4318/v1/traces");
        assert_eq!((settings.timeout, settings.queue), (Duration::from_secs(10), QUEUE_DEFAULT));
        assert!(settings.ignored.is_empty() && !settings.names_service);
        let set = |name: &str, value: &str| endpoint_is_set([(name.into(), value.into())].into_iter());
        assert!(set(ENDPOINT, "nonsense") && set(TRACES_ENDPOINT, "x") && !set(ENDPOINT, "") && !set(SAMPLER, "x"));
    }

    #[test]
    fn the_variables_of_traces_alone_come_first() {
        let settings = with(TRACES_ENDPOINT, "http://other/in").unwrap();
        assert_eq!((&*settings.endpoint, settings.ignored), ("http://other/in", vec![]));
        assert_eq!(with(ENDPOINT, "http://[::1]:4318/a/").unwrap().endpoint, "http://[::1]:4318/a/v1/traces");
        let both = read(&[(ENDPOINT, "http://c"), (TIMEOUT[0], "200"), (TIMEOUT[1], "300")]).unwrap().unwrap();
        assert_eq!(both.timeout, Duration::from_millis(200));
        assert_eq!(with(TIMEOUT[1], "300").unwrap().timeout, Duration::from_millis(300));
    }

    #[test]
    fn what_the_sdk_would_pass_over_is_refused_and_told() {
        for (name, value) in [
            (ENDPOINT, "collector:4318"),
            (ENDPOINT, "https://collector"),
            (TRACES_ENDPOINT, "http://user:hunter2@collector"),
            (TRACES_ENDPOINT, "http://"),
            (PROTOCOL[0], "grpc"),
            (PROTOCOL[1], "http/json"),
            (COMPRESSION[1], "gzip"),
            (EXPORTER, "zipkin"),
            (SDK_DISABLED, "yes"),
            (HEADERS[1], "authorization"),
            (HEADERS[0], "a b=hunter2"),
            (HEADERS[0], "a=%0ahunter2"),
            (RESOURCE, "hunter2"),
            (SAMPLER, "xray"),
            (QUEUE, "0"),
            (QUEUE, "65537"),
            (BATCH, "2049"),
            (DELAY, "5s"),
            (TIMEOUT[1], "60001"),
        ] {
            let error = with(name, value).unwrap_err();
            assert!(error.starts_with(&format!("{name}: ")) && !error.contains("hunter2"), "{name}={value}: {error}");
        }
        for (argument, right) in
            [("0", true), ("0.25", true), ("1", true), ("1.5", false), ("NaN", false), ("x", false)]
        {
            let on = (ENDPOINT, "http://c");
            let settings = read(&[on, (SAMPLER, "parentbased_traceidratio"), (SAMPLER_ARG, argument)]);
            assert_eq!(settings.is_ok(), right, "{argument}");
        }
        assert!(with(SAMPLER, "traceidratio").unwrap_err().starts_with(SAMPLER_ARG));
        assert_eq!(with("OTEL_METRICS_EXPORTER", "otlp").unwrap().ignored, ["OTEL_METRICS_EXPORTER"]);
        assert_eq!(with(SAMPLER_ARG, "0.5").unwrap().ignored, [SAMPLER_ARG]);
        assert_eq!(with(HEADERS[1], "authorization=Bearer%20x, b=c").unwrap().ignored, [""; 0]);
        assert!(with(RESOURCE, "deployment.environment=a,service.name=shop").unwrap().names_service);
    }
}
