//! A headless Chromium, driven over two pipes: the DevTools protocol as JSON, a zero byte after
//! each message. No WebSocket and no port, so that it needs nothing but `serde_json`, and the
//! browser ends when its pipe closes. Never waits by sleeping.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use serde_json::{Value, json};

/// A browser that says nothing for so long is broken; a busy machine takes seconds.
const SILENCE: Duration = Duration::from_secs(180);

/// Where a Chromium is: `$TMINUS_CHROMIUM`, or by its usual names in the path.
pub(crate) fn find() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("TMINUS_CHROMIUM") {
        return Some(path.into()).filter(|path: &PathBuf| path.is_file());
    }
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    let folders: Vec<PathBuf> = std::env::split_paths(&std::env::var_os("PATH")?).collect();
    let candidates = names.iter().flat_map(|name| folders.iter().map(move |dir| dir.join(name)));
    candidates.into_iter().find(|path| path.is_file())
}

/// A running browser.
pub(crate) struct Browser {
    child: Child,
    input: ChildStdin,
    messages: Receiver<Value>,
    events: Vec<Value>,
    calls: u64,
    _profile: tempfile::TempDir,
}

impl Browser {
    pub(crate) fn start(program: &Path) -> Self {
        let profile = tempfile::tempdir().expect("a temporary directory");
        // The protocol is on descriptors 3 and 4, which only a shell can set without `unsafe`.
        let mut child = Command::new("sh")
            .args(["-c", "exec \"$0\" \"$@\" 3<&0 4>&1 </dev/null >/dev/null 2>/dev/null"])
            .arg(program)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"])
            .args(["--disable-background-networking", "--disable-dev-shm-usage", "--mute-audio"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .args(["--remote-debugging-pipe", "about:blank"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a shell");
        let input = child.stdin.take().expect("piped");
        let mut output = BufReader::new(child.stdout.take().expect("piped"));
        let (sender, messages) = mpsc::channel();
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            while output.read_until(0, &mut bytes).is_ok_and(|count| count > 0) {
                bytes.pop();
                let Ok(message) = serde_json::from_slice(&bytes) else { return };
                if sender.send(message).is_err() {
                    return;
                }
                bytes.clear();
            }
        });
        Self { child, input, messages, events: Vec::new(), calls: 0, _profile: profile }
    }

    /// Calls `method` and gives its result.
    fn call(&mut self, session: Option<&str>, method: &str, params: Value) -> Value {
        self.calls += 1;
        let mut message = json!({ "id": self.calls, "method": method, "params": params });
        if let Some(session) = session {
            message["sessionId"] = session.into();
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        self.input.write_all(&bytes).expect("the browser runs");
        loop {
            let message = self.next();
            if message["id"] == self.calls {
                assert!(message["error"].is_null(), "{method}: {}", message["error"]);
                return message["result"].clone();
            }
            self.events.push(message);
        }
    }

    fn next(&self) -> Value {
        self.messages.recv_timeout(SILENCE).expect("the browser answers")
    }

    /// Returns a blank page of its own, that shares nothing with others.
    pub(crate) fn page(&mut self) -> Page<'_> {
        let context = self.call(None, "Target.createBrowserContext", json!({}));
        let target = self.call(
            None,
            "Target.createTarget",
            json!({ "url": "about:blank", "browserContextId": context["browserContextId"] }),
        );
        let attached = self.call(
            None,
            "Target.attachToTarget",
            json!({ "targetId": target["targetId"], "flatten": true }),
        );
        let session = attached["sessionId"].as_str().expect("a session").to_owned();
        self.events.clear();
        let mut page = Page { browser: self, session };
        for domain in ["Page", "Runtime", "Log", "Network"] {
            page.call(&format!("{domain}.enable"), json!({}));
        }
        page.size(1280, 900);
        page
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It has ended already if a test broke it; nothing else can be done about an error here.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A page in the browser.
pub(crate) struct Page<'a> {
    browser: &'a mut Browser,
    session: String,
}

impl Page<'_> {
    pub(crate) fn call(&mut self, method: &str, params: Value) -> Value {
        self.browser.call(Some(&self.session), method, params)
    }

    /// Opens `url` and waits until it is loaded.
    pub(crate) fn open(&mut self, url: &str) {
        self.until_loaded(|page| {
            page.call("Page.navigate", json!({ "url": url }));
        });
    }

    /// Clicks on a link to another page and waits until that is loaded.
    pub(crate) fn follow(&mut self, selector: &str) {
        self.until_loaded(|page| page.click(selector));
    }

    fn until_loaded(&mut self, act: impl FnOnce(&mut Self)) {
        self.browser.events.retain(|event| event["method"] != "Page.loadEventFired");
        act(self);
        while !self.browser.events.iter().any(|event| event["method"] == "Page.loadEventFired") {
            let event = self.browser.next();
            self.browser.events.push(event);
        }
    }

    pub(crate) fn size(&mut self, width: u32, height: u32) {
        let metrics =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.call("Emulation.setDeviceMetricsOverride", metrics);
    }

    pub(crate) fn prefer(&mut self, scheme: &str) {
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.call("Emulation.setEmulatedMedia", json!({ "features": features }));
    }

    /// Returns the value of an expression; of a promise, what it resolves to.
    pub(crate) fn js(&mut self, expression: &str) -> Value {
        let params =
            json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let found = self.call("Runtime.evaluate", params);
        assert!(found["exceptionDetails"].is_null(), "{expression}: {}", found["exceptionDetails"]);
        found["result"]["value"].clone()
    }

    /// Returns the texts of all elements that `selector` finds.
    pub(crate) fn texts(&mut self, selector: &str) -> Vec<String> {
        let list =
            format!("[...document.querySelectorAll({selector:?})].map((one) => one.textContent)");
        serde_json::from_value(self.js(&list)).expect("texts")
    }

    /// Clicks with the mouse on the element that `selector` finds.
    pub(crate) fn click(&mut self, selector: &str) {
        let (x, y) = self.middle(selector);
        for kind in ["mousePressed", "mouseReleased"] {
            let event = json!({ "type": kind, "x": x, "y": y, "button": "left", "clickCount": 1 });
            self.call("Input.dispatchMouseEvent", event);
        }
    }

    /// Moves the mouse over the element that `selector` finds.
    pub(crate) fn hover(&mut self, selector: &str) {
        let (x, y) = self.middle(selector);
        self.call("Input.dispatchMouseEvent", json!({ "type": "mouseMoved", "x": x, "y": y }));
    }

    fn middle(&mut self, selector: &str) -> (f64, f64) {
        let found = self.js(&format!(
            "(() => {{ const one = document.querySelector({selector:?}); \
             one.scrollIntoView({{ block: 'center', inline: 'center' }}); \
             const box = one.getBoundingClientRect(); \
             return [box.x + box.width / 2, box.y + box.height / 2]; }})()"
        ));
        (found[0].as_f64().expect("a place"), found[1].as_f64().expect("a place"))
    }

    /// Presses and releases a key by its name.
    pub(crate) fn key(&mut self, key: &str) {
        let (code, text) = match key {
            "Tab" => (9, ""),
            "Enter" => (13, "\r"),
            "Escape" => (27, ""),
            "Space" => (32, " "),
            "ArrowLeft" => (37, ""),
            "ArrowUp" => (38, ""),
            "ArrowRight" => (39, ""),
            "ArrowDown" => (40, ""),
            other => panic!("no code for {other}"),
        };
        let name = if key == "Space" { " " } else { key };
        let kind = if text.is_empty() { "rawKeyDown" } else { "keyDown" };
        for kind in [kind, "keyUp"] {
            self.call(
                "Input.dispatchKeyEvent",
                json!({ "type": kind, "key": name, "code": key, "text": text,
                        "windowsVirtualKeyCode": code }),
            );
        }
    }

    /// Chooses an option as a reader would: the value, and then the event.
    pub(crate) fn choose(&mut self, selector: &str, value: &str) {
        self.js(&format!(
            "(() => {{ const one = document.querySelector({selector:?}); one.value = {value:?}; \
             one.dispatchEvent(new Event('change', {{ bubbles: true }})); }})()"
        ));
    }

    /// What went wrong in the page, and what it asked of others: exceptions, messages of the
    /// console, dialogs, requests beside those for the pages `own`.
    pub(crate) fn complaints(&mut self, own: &[String]) -> Vec<String> {
        // An answer to this stands behind all that the page had to say.
        self.js("0");
        let events = std::mem::take(&mut self.browser.events);
        let complaint = |event: &Value| match event["method"].as_str()? {
            "Runtime.exceptionThrown"
            | "Runtime.consoleAPICalled"
            | "Log.entryAdded"
            | "Page.javascriptDialogOpening" => Some(event["params"].to_string()),
            "Network.requestWillBeSent" => {
                let url = event["params"]["request"]["url"].as_str()?;
                let fine = url.starts_with("data:")
                    || url
                        .split(['?', '#'])
                        .next()
                        .is_some_and(|page| own.iter().any(|own| own == page));
                (!fine).then(|| format!("a request for {url}"))
            }
            _ => None,
        };
        events.iter().filter_map(complaint).collect()
    }
}
