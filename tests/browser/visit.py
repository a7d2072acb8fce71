"""One visit of a page with Chromium, without a window: visit.py CALL.json prints what it found.

CALL.json: {"browser", "page" (a path), "folder" (for the browser's own files), "scheme" ("light" or
"dark"), "width", "script" (false: the page's script does not run), "do": [...]}, each of "do" one of
  {"ask": EXPRESSION}   its value goes into "answers"
  {"key": NAME}         a key is pressed: "/", "Tab", "Enter", "Escape"
  {"type": TEXT}        into what has the focus
  {"print": true}       the first bytes and the size of the PDF go into "answers"
Prints {"answers", "errors" (of the console and of the script), "requests" (addresses)}.
"""

import base64
import json
import os
import subprocess
import sys
import time

LIMIT_S = 60
KEYS = {
    "/": {"key": "/", "code": "Slash", "text": "/", "windowsVirtualKeyCode": 191},
    "Tab": {"key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9},
    "Enter": {"key": "Enter", "code": "Enter", "text": "\r", "windowsVirtualKeyCode": 13},
    "Escape": {"key": "Escape", "code": "Escape", "windowsVirtualKeyCode": 27},
}


class Browser:
    """Speaks the DevTools protocol over two pipes: the browser reads its 3, and writes its 4."""

    def __init__(self, program, folder):
        to_read, self.to_browser = os.pipe()
        self.from_browser, to_write = os.pipe()
        self.received = b""
        self.count = 0
        self.session = None
        self.events = []

        def lay_pipes():
            # Out of the way first: one of them may have the other's number.
            high_read, high_write = os.dup(to_read), os.dup(to_write)
            while high_read < 5:
                high_read = os.dup(high_read)
            while high_write < 5:
                high_write = os.dup(high_write)
            os.dup2(high_read, 3)
            os.dup2(high_write, 4)

        self.process = subprocess.Popen(
            [program, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
             "--disable-background-networking", "--disable-component-update",
             "--disable-dev-shm-usage", "--user-data-dir=" + os.path.join(folder, "profile"),
             "--remote-debugging-pipe", "about:blank"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            preexec_fn=lay_pipes, close_fds=False)
        os.close(to_read)
        os.close(to_write)
        self.until = time.monotonic() + LIMIT_S

    def message(self):
        while b"\0" not in self.received:
            if time.monotonic() > self.until:
                raise RuntimeError("the browser does not answer")
            piece = os.read(self.from_browser, 1 << 20)
            if not piece:
                raise RuntimeError("the browser has ended")
            self.received += piece
        text, self.received = self.received.split(b"\0", 1)
        return json.loads(text)

    def call(self, method, **parameters):
        self.count += 1
        number = self.count
        request = {"id": number, "method": method, "params": parameters}
        if self.session:
            request["sessionId"] = self.session
        os.write(self.to_browser, json.dumps(request).encode() + b"\0")
        while True:
            message = self.message()
            if message.get("id") == number:
                if "error" in message:
                    raise RuntimeError(method + ": " + json.dumps(message["error"]))
                return message["result"]
            if "method" in message:
                self.events.append(message)

    def wait_for(self, method):
        while not any(event["method"] == method for event in self.events):
            message = self.message()
            if "method" in message:
                self.events.append(message)

    def ask(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True,
                           awaitPromise=True)
        if "exceptionDetails" in result:
            raise RuntimeError(expression + ": " + json.dumps(result["exceptionDetails"]))
        return result["result"].get("value")

    def press(self, name):
        self.call("Input.dispatchKeyEvent", type="keyDown", **KEYS[name])
        self.call("Input.dispatchKeyEvent", type="keyUp", **KEYS[name])


def errors_of(events):
    errors = []
    for event in events:
        parameters = event["params"]
        if event["method"] == "Log.entryAdded":
            errors.append(parameters["entry"]["text"])
        elif event["method"] == "Runtime.consoleAPICalled":
            errors.append("console: " + json.dumps(parameters["args"]))
        elif event["method"] == "Runtime.exceptionThrown":
            errors.append(json.dumps(parameters["exceptionDetails"]))
    return errors


def do(browser, step):
    if "ask" in step:
        return [browser.ask(step["ask"])]
    if "key" in step:
        browser.press(step["key"])
    elif "type" in step:
        browser.call("Input.insertText", text=step["type"])
    elif "print" in step:
        pdf = base64.b64decode(browser.call("Page.printToPDF", printBackground=True)["data"])
        return [{"begin": pdf[:5].decode("latin-1"), "size": len(pdf)}]
    return []


def visit(call):
    browser = Browser(call["browser"], call["folder"])
    try:
        target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        browser.session = browser.call("Target.attachToTarget", targetId=target,
                                       flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            browser.call(domain + ".enable")
        browser.call("Emulation.setDeviceMetricsOverride", width=call["width"], height=900,
                     deviceScaleFactor=1, mobile=False)
        browser.call("Emulation.setEmulatedMedia",
                     features=[{"name": "prefers-color-scheme", "value": call["scheme"]}])
        if not call["script"]:
            browser.call("Emulation.setScriptExecutionDisabled", value=True)
        browser.events.clear()
        browser.call("Page.navigate", url="file://" + call["page"])
        browser.wait_for("Page.loadEventFired")
        answers = []
        for step in call["do"]:
            answers += do(browser, step)
        return {"answers": answers, "errors": errors_of(browser.events),
                "requests": [event["params"]["request"]["url"] for event in browser.events
                             if event["method"] == "Network.requestWillBeSent"]}
    finally:
        browser.process.kill()
        browser.process.wait()


with open(sys.argv[1], encoding="utf-8") as file:
    print(json.dumps(visit(json.load(file))))
