//! The metrics as OpenTelemetry's collectors take them: OTLP in JSON, made from the text that Prometheus gets.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// Sums are told since the start, as Prometheus has them.
const CUMULATIVE: u8 = 2;

/// Whose metrics they are, and since when and up to when they count.
#[derive(Clone, Copy, Debug)]
pub struct Exported<'a> {
    /// The version of the product.
    pub version: &'a str,
    /// What tells this node from others.
    pub instance: &'a str,
    /// When it started, in nanoseconds since 1970.
    pub started_nanos: u128,
    /// Now.
    pub now_nanos: u128,
}

/// A metric as the text tells it.
#[derive(Default)]
struct Metric<'t> {
    help: &'t str,
    kind: &'t str,
    unit: &'t str,
    samples: Vec<Sample<'t>>,
}

/// A line: what stands behind the metric's name, the labels, and the number.
struct Sample<'t> {
    suffix: &'t str,
    labels: Vec<(&'t str, String)>,
    value: &'t str,
}

/// The body of an `ExportMetricsServiceRequest`: every metric of `text`, which is of [`crate::CONTENT_TYPE`].
pub fn otlp(text: &str, exported: &Exported<'_>) -> Value {
    let metrics: Vec<Value> =
        metrics(text).iter().filter_map(|(name, metric)| metric.written(name, exported)).collect();
    let attributes = [
        ("service.name", "claviger"),
        ("service.version", exported.version),
        ("service.instance.id", exported.instance),
    ];
    json!({"resourceMetrics": [{
        "resource": {"attributes": attributes.map(|(key, value)| attribute(key, value))},
        "scopeMetrics": [{"scope": {"name": "claviger", "version": exported.version}, "metrics": metrics}],
    }]})
}

fn metrics(text: &str) -> BTreeMap<&str, Metric<'_>> {
    let mut metrics: BTreeMap<&str, Metric<'_>> = BTreeMap::new();
    let mut last = "";
    for line in text.lines() {
        if let Some((word, name, rest)) = comment(line) {
            let metric = metrics.entry(name).or_default();
            match word {
                "HELP" => metric.help = rest,
                "TYPE" => metric.kind = rest,
                "UNIT" => metric.unit = rest,
                _ => {}
            }
            last = name;
        } else if let Some(sample) = sample(line, last) {
            metrics.entry(last).or_default().samples.push(sample);
        }
    }
    metrics
}

fn comment(line: &str) -> Option<(&str, &str, &str)> {
    let mut words = line.strip_prefix("# ")?.splitn(3, ' ');
    Some((words.next()?, words.next()?, words.next()?))
}

/// Samples stand behind the comments of their metric, whose name theirs begins with.
fn sample<'t>(line: &'t str, metric: &str) -> Option<Sample<'t>> {
    let (name, rest) = line.split_at(line.find(['{', ' '])?);
    let suffix = name.strip_prefix(metric)?;
    let (labels, value) = match rest.strip_prefix('{') {
        Some(rest) => labels(rest)?,
        None => (Vec::new(), rest),
    };
    Some(Sample { suffix, labels, value: value.trim() })
}

/// `name="value",…} 7`: values are escaped.
fn labels(mut rest: &str) -> Option<(Vec<(&str, String)>, &str)> {
    let mut labels = Vec::new();
    loop {
        let (name, quoted) = rest.split_once("=\"")?;
        let (mut value, mut letters) = (String::new(), quoted.char_indices());
        let end = loop {
            match letters.next()? {
                (end, '"') => break end,
                (_, '\\') => value.push(match letters.next()?.1 {
                    'n' => '\n',
                    letter => letter,
                }),
                (_, letter) => value.push(letter),
            }
        };
        labels.push((name, value));
        rest = &quoted[end + 1..];
        match rest.strip_prefix(',') {
            Some(more) => rest = more,
            None => return Some((labels, rest.strip_prefix('}')?)),
        }
    }
}

impl Metric<'_> {
    fn written(&self, name: &str, exported: &Exported<'_>) -> Option<Value> {
        let unit = if self.unit == "seconds" { "s" } else { self.unit };
        let unit = if unit == "bytes" { "By" } else { unit };
        let (kind, points) = match self.kind {
            "counter" => ("sum", self.numbers("_total", exported)),
            "gauge" => ("gauge", self.numbers("", exported)),
            "histogram" => ("histogram", self.histograms(exported)),
            _ => return None,
        };
        let mut content = json!({"dataPoints": points});
        if kind != "gauge" {
            content["aggregationTemporality"] = CUMULATIVE.into();
        }
        if kind == "sum" {
            content["isMonotonic"] = true.into();
        }
        Some(json!({"name": name, "description": self.help, "unit": unit, kind: content}))
    }

    fn numbers(&self, suffix: &str, exported: &Exported<'_>) -> Vec<Value> {
        let samples = self.samples.iter().filter(|sample| sample.suffix == suffix);
        samples
            .filter_map(|sample| {
                let mut point = point(sample.labels.iter(), exported);
                match sample.value.parse::<i64>() {
                    Ok(_) => point["asInt"] = sample.value.into(),
                    Err(_) => point["asDouble"] = sample.value.parse::<f64>().ok()?.into(),
                }
                Some(point)
            })
            .collect()
    }

    /// One point of each set of labels but `le`; the text counts up to each bound, a point between two of them.
    fn histograms(&self, exported: &Exported<'_>) -> Vec<Value> {
        let with = |suffix: &'static str| self.samples.iter().filter(move |sample| sample.suffix == suffix);
        let of = |labels: &[(&str, String)], suffix: &'static str| {
            let found = with(suffix).find(|sample| sample.labels == labels);
            found.map_or("0", |sample| sample.value).to_owned()
        };
        with("_count")
            .map(|count| {
                let (mut bounds, mut counts, mut before) = (Vec::new(), Vec::new(), 0);
                for bucket in with("_bucket").filter(|bucket| without_bound(bucket).eq(count.labels.iter())) {
                    let upto: u64 = bucket.value.parse().unwrap_or(before);
                    counts.push((upto - before.min(upto)).to_string());
                    before = upto;
                    let bound = bucket.labels.iter().find(|(name, _)| *name == "le");
                    bounds.extend(
                        bound.and_then(|(_, bound)| bound.parse().ok()).filter(|b: &f64| b.is_finite()),
                    );
                }
                let mut point = point(count.labels.iter(), exported);
                point["count"] = count.value.into();
                point["sum"] = of(&count.labels, "_sum").parse::<f64>().unwrap_or_default().into();
                point["bucketCounts"] = counts.into();
                point["explicitBounds"] = bounds.into();
                point
            })
            .collect()
    }
}

fn without_bound<'s, 't>(sample: &'s Sample<'t>) -> impl Iterator<Item = &'s (&'t str, String)> {
    sample.labels.iter().filter(|(name, _)| *name != "le")
}

fn point<'l>(labels: impl Iterator<Item = &'l (&'l str, String)>, exported: &Exported<'_>) -> Value {
    let attributes: Vec<Value> = labels.map(|(name, value)| attribute(name, value)).collect();
    // Numbers of 64 bits are texts in OTLP's JSON.
    let (start, now) = (exported.started_nanos.to_string(), exported.now_nanos.to_string());
    json!({"attributes": attributes, "startTimeUnixNano": start, "timeUnixNano": now})
}

fn attribute(key: &str, value: &str) -> Value {
    json!({"key": key, "value": {"stringValue": value}})
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
# HELP claviger_requests Requests answered.
# TYPE claviger_requests counter
claviger_requests_total{operation=\"Encrypt\",code=\"OK\"} 5
# HELP claviger_key_material_expires_seconds Time.
# TYPE claviger_key_material_expires_seconds gauge
# UNIT claviger_key_material_expires_seconds seconds
claviger_key_material_expires_seconds{key_arn=\"a\\\"\\\\b\"} 1.5
# HELP claviger_request_duration_seconds Time.
# TYPE claviger_request_duration_seconds histogram
# UNIT claviger_request_duration_seconds seconds
claviger_request_duration_seconds_sum{operation=\"Encrypt\"} 0.75
claviger_request_duration_seconds_count{operation=\"Encrypt\"} 4
claviger_request_duration_seconds_bucket{le=\"0.1\",operation=\"Encrypt\"} 1
claviger_request_duration_seconds_bucket{le=\"0.5\",operation=\"Encrypt\"} 3
claviger_request_duration_seconds_bucket{le=\"+Inf\",operation=\"Encrypt\"} 4
# EOF
";

    fn metric(name: &str) -> Value {
        let exported = Exported { version: "1", instance: "n", started_nanos: 7, now_nanos: 9 };
        let all = otlp(TEXT, &exported);
        let metrics = all["resourceMetrics"][0]["scopeMetrics"][0]["metrics"].as_array().unwrap().clone();
        metrics.into_iter().find(|metric| metric["name"] == name).unwrap()
    }

    #[test]
    fn counters_are_sums_since_the_start() {
        let sum = &metric("claviger_requests")["sum"];
        assert_eq!((&sum["isMonotonic"], &sum["aggregationTemporality"]), (&json!(true), &json!(2)));
        let attributes = [attribute("operation", "Encrypt"), attribute("code", "OK")];
        let point =
            json!({"attributes": attributes, "startTimeUnixNano": "7", "timeUnixNano": "9", "asInt": "5"});
        assert_eq!(sum["dataPoints"], json!([point]));
    }

    #[test]
    fn gauges_keep_their_fraction_and_labels_what_was_escaped() {
        let gauge = metric("claviger_key_material_expires_seconds");
        assert_eq!(gauge["unit"], "s");
        let point = &gauge["gauge"]["dataPoints"][0];
        assert_eq!(point["asDouble"], 1.5);
        assert_eq!(point["attributes"], json!([attribute("key_arn", "a\"\\b")]));
    }

    #[test]
    fn histograms_count_between_their_bounds() {
        let point = &metric("claviger_request_duration_seconds")["histogram"]["dataPoints"][0];
        assert_eq!(point["bucketCounts"], json!(["1", "2", "1"]));
        assert_eq!(point["explicitBounds"], json!([0.1, 0.5]));
        assert_eq!((&point["count"], &point["sum"]), (&json!("4"), &json!(0.75)));
    }
}
