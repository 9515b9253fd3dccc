//! The HTML report in a real browser: the Chromium that `LOGPOLICY_TEST_CHROMIUM` names (`.ci/run` installs it), or one
//! that lies in the path.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a test reads and writes files, and says what it skips"
)]
#![cfg(unix)]

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

const ACCOUNT: &str = "111122223333";
const HOSTILE: &str = "<script>document.title='owned'</script>";

/// A folder with the page of a plan in it, and a browser to look at it.
struct Look {
    folder: tempfile::TempDir,
    browser: PathBuf,
}

/// What the browser made of a page.
struct Seen {
    dom: String,
    console: Vec<String>,
}

fn browser() -> Option<PathBuf> {
    if let Some(named) = env::var_os("LOGPOLICY_TEST_CHROMIUM") {
        return Some(PathBuf::from(named));
    }
    let path = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&path).map(|folder| folder.join("chromium")).find(|file| file.is_file());
    if found.is_none() {
        eprintln!("skipped: no chromium; LOGPOLICY_TEST_CHROMIUM names one (.ci/run installs it)");
    }
    found
}

impl Look {
    /// The page of a plan that creates one hostile policy and deletes a harmless one at each of some targets; nothing
    /// where there is no browser.
    fn new(regions: &[&str]) -> Option<Self> {
        let look = Self { folder: tempfile::tempdir().unwrap(), browser: browser()? };
        look.write("logpolicy.yaml", &desired(regions, "old").to_string());
        look.run(&["apply", "--auto-approve"]);
        look.write("logpolicy.yaml", &desired(regions, HOSTILE).to_string());
        look.run(&["plan", "--report", "html=plan.html"]);
        Some(look)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    fn run(&self, arguments: &[&str]) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_logpolicy"));
        command.current_dir(self.folder.path()).arg("--sandbox=world.json").args(arguments).env_clear();
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    fn browse(&self, address: &str, arguments: &[&str]) -> (String, String) {
        let profile = tempfile::tempdir().unwrap();
        let mut command = Command::new(&self.browser);
        // Containers run as root, where Chromium has no sandbox; the page is ours.
        command.args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]);
        command.args(["--enable-logging=stderr", "--allow-file-access-from-files"]);
        command.arg(format!("--user-data-dir={}", profile.path().display())).args(arguments);
        command.arg(format!("file://{}/{address}", self.folder.path().display()));
        let output = command.output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(output.status.success(), "{}", text(&output.stderr));
        (text(&output.stdout), text(&output.stderr))
    }

    /// The document once its script has run, and what the console says.
    fn see(&self, address: &str, arguments: &[&str]) -> Seen {
        let arguments: Vec<&str> = arguments.iter().copied().chain(["--dump-dom"]).collect();
        let (dom, log) = self.browse(address, &arguments);
        let console = log.lines().filter(|line| line.contains(":CONSOLE:")).map(str::to_owned).collect();
        Seen { dom, console }
    }

    /// What an expression says about the page, in a frame as wide as a phone.
    fn ask(&self, question: &str, arguments: &[&str]) -> String {
        let frame = format!(
            "<!doctype html><title>frame</title><iframe src=plan.html width=390 height=844></iframe><p id=answer></p>\
             <script>addEventListener('load', () => {{\n\
             const view = document.querySelector('iframe').contentWindow, page = view.document;\n\
             document.getElementById('answer').textContent = [{question}].join(' | ');\n}});</script>"
        );
        self.write("frame.html", &frame);
        let Seen { dom, console } = self.see("frame.html", arguments);
        assert_eq!(console, Vec::<String>::new());
        dom.split_once("<p id=\"answer\">").unwrap().1.split_once("</p>").unwrap().0.to_owned()
    }
}

fn desired(regions: &[&str], name: &str) -> Value {
    let policy = json!({"name": name, "document": {"Version": "2012-10-17", "Statement": [{
        "Sid": "Writes", "Effect": "Allow", "Principal": {"Service": "es.amazonaws.com"}, "Action": "logs:PutLogEvents",
        "Resource": format!("arn:aws:logs:${{region}}:{ACCOUNT}:log-group:/{}:*", "search/".repeat(50)),
        "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}}}]}});
    json!({"version": 1, "targets": {"main": {"account": ACCOUNT, "regions": regions}}, "policies": [policy]})
}

#[test]
fn the_page_opens_without_errors_and_nothing_in_it_runs() {
    let Some(look) = Look::new(&["us-east-1", "eu-west-1"]) else { return };
    let Seen { dom, console } = look.see("plan.html", &[]);
    assert_eq!(console, Vec::<String>::new());
    assert!(dom.contains("data-changes=\"4\"") && dom.contains("data-shown=\"4\""), "{dom}");
    assert!(dom.contains("<title>Plan ") && !dom.contains("<title>owned"), "{dom}");
    assert!(dom.contains("&lt;script&gt;document.title='owned'&lt;/script&gt;"), "{dom}");
    assert!(dom.contains("4 of 4 changes at 2 of 2 targets"), "{dom}");
}

#[test]
fn the_browser_would_tell() {
    let Some(look) = Look::new(&["us-east-1"]) else { return };
    let page = fs::read_to_string(look.path("plan.html")).unwrap();
    let broken = page
        .replace("&lt;script&gt;", "<script>")
        .replace("&lt;&#x2f;script&gt;", "</script>")
        .replace("&#x27;", "'");
    assert_ne!(page, broken);
    look.write("broken.html", &broken);
    let Seen { dom, console } = look.see("broken.html", &[]);
    assert!(console.iter().any(|line| line.contains("Content Security Policy")), "{console:?}");
    assert!(dom.contains("<title>Plan "), "the policy of the page is a second lock");
    look.write("open.html", &broken.replace("http-equiv=\"Content-Security-Policy\"", "name=\"none\""));
    assert!(look.see("open.html", &[]).dom.contains("<title>owned</title>"), "without both it would run");
}

#[test]
fn the_filter_is_part_of_the_address() {
    let Some(look) = Look::new(&["us-east-1", "eu-west-1"]) else { return };
    let hidden = |dom: &str| dom.matches(" hidden=\"\"").count();
    let Seen { dom, console } = look.see("plan.html#kind=delete&target=eu-", &[]);
    assert_eq!(console, Vec::<String>::new());
    assert!(dom.contains("1 of 4 changes at 1 of 2 targets") && dom.contains("data-shown=\"1\""), "{dom}");
    assert_eq!(hidden(&dom), 3, "one target, and the creation at each: {dom}");
    let Seen { dom, console } = look.see("plan.html#kind=%3Cb%3E&target=%3Cimg%20src=x%3E", &[]);
    assert_eq!(console, Vec::<String>::new());
    assert!(dom.contains("0 of 4 changes at 0 of 2 targets") && !dom.contains("<img"), "{dom}");
    let question = "(() => { const field = page.getElementById('filter-target'); field.value = 'us-east'; \
                    field.dispatchEvent(new Event('input', {bubbles: true})); return view.location.hash; })(), \
                    page.body.dataset.shown";
    assert_eq!(look.ask(question, &[]), "#target=us-east | 2");
}

#[test]
fn everything_is_there_without_a_script() {
    let Some(look) = Look::new(&["us-east-1"]) else { return };
    let page = fs::read_to_string(look.path("plan.html")).unwrap();
    let (before, rest) = page.split_once("<script>'use strict'").unwrap();
    look.write("still.html", &format!("{before}{}", rest.split_once("</script>").unwrap().1));
    let Seen { dom, console } = look.see("still.html", &[]);
    assert_eq!(console, Vec::<String>::new());
    assert_eq!(dom.matches(" hidden=\"\"").count(), 1, "the filter alone: {dom}");
    assert!(dom.contains("<form id=\"filter\" role=\"search\" aria-label=\"Filter\" hidden=\"\">"), "{dom}");
}

#[test]
fn the_page_fits_a_phone_and_the_dark() {
    let Some(look) = Look::new(&["us-east-1"]) else { return };
    let question = "[...page.querySelectorAll('html, .target, .target :not(.wide, .wide *, .unseen)')]\
                    .every((part) => part.clientWidth === 0 || part.scrollWidth <= part.clientWidth), \
                    view.getComputedStyle(page.body).backgroundColor, view.getComputedStyle(page.body).color";
    assert_eq!(look.ask(question, &[]), "true | rgb(255, 255, 255) | rgb(31, 35, 40)");
    let dark = ["--blink-settings=preferredColorScheme=0"];
    assert_eq!(look.ask(question, &dark), "true | rgb(13, 17, 23) | rgb(230, 237, 243)");
}

#[test]
fn print_shows_what_is_folded() {
    let Some(look) = Look::new(&["us-east-1"]) else { return };
    let page = fs::read_to_string(look.path("plan.html")).unwrap();
    look.write("folded.html", &page.replace(" open>", ">"));
    let pages = |name: &str| {
        let file = look.path("page.pdf");
        look.browse(name, &["--no-pdf-header-footer", &format!("--print-to-pdf={}", file.display())]);
        size(&file)
    };
    let (open, folded, filtered) = (pages("plan.html"), pages("folded.html"), pages("plan.html#target=none"));
    assert!(filtered < open, "what is filtered away is not printed: {filtered} of {open} bytes");
    assert!(folded.abs_diff(open) * 20 < open, "folds are opened: {folded} of {open} bytes");
}

fn size(file: &Path) -> u64 {
    let size = fs::metadata(file).unwrap().len();
    fs::remove_file(file).unwrap();
    size
}
