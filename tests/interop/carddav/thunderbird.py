"""Thunderbird without a screen, told by lines of JSON what to do: {"do": name, "with": [...]} on standard input.

Runs in the environment beside it, which has marionette_driver. Every line is answered by one, with "ok" or "error".
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from marionette_driver.marionette import Marionette

PREFERENCES = {
    "app.update.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "mail.provider.suppress_dialog_on_startup": True,
    "mail.spotlight.firstRunDone": True,
    "mailnews.start_page.enabled": False,
}
#: What can be done, as JavaScript; `args` is what was given, `book` the first book that was found.
STEPS = {
    "detect": """
        const {CardDAVUtils} = ChromeUtils.importESModule("resource:///modules/CardDAVUtils.sys.mjs");
        const synced = new Promise(done => Services.obs.addObserver(done, "addrbook-directory-synced"));
        const found = await CardDAVUtils.detectAddressBooks(args[0], args[1], args[2], false, true);
        for (const it of found) { await it.create(); }
        await synced;
        return found.map(it => [it.name, it.url.pathname]);
    """,
    "cards": """return book.childCards.map(it => [it.displayName, it.getProperty("_vCard", "")]).sort();""",
    "add": """
        const {VCardUtils} = ChromeUtils.importESModule("resource:///modules/VCardUtils.sys.mjs");
        const card = book.addCard(VCardUtils.vCardToAbCard(args[0]));
        return await uploaded(card.UID, "");
    """,
    "change": """
        const card = book.childCards.find(it => it.displayName == args[0]);
        const properties = card.vCardProperties;
        properties.getFirstEntry("fn").value = args[1];
        return await changed(card, properties);
    """,
    "note": """
        const card = book.childCards.find(it => it.displayName == args[0]);
        const properties = card.vCardProperties;
        const note = properties.getFirstEntry("note");
        if (note) { note.value = args[1]; } else { properties.addValue("note", args[1]); }
        return await changed(card, properties);
    """,
    "remove": """
        const answered = new Promise(done => Services.obs.addObserver(function seen(channel) {
            if (channel.QueryInterface(Ci.nsIHttpChannel).requestMethod != "DELETE") { return; }
            Services.obs.removeObserver(seen, "http-on-examine-response");
            done();
        }, "http-on-examine-response"));
        await book.deleteCards(book.childCards.filter(it => it.displayName == args[0]));
        await answered;
        return null;
    """,
    "sync": """await book.syncWithServer(); return null;""",
    "token": """
        const old = book._syncToken;
        if (args[0]) { book._syncToken = args[0]; }
        return old;
    """,
    "is_read_only": """return book.readOnly;""",
    "books": """
        return MailServices.ab.directories.filter(it => it.dirType == Ci.nsIAbManager.CARDDAV_DIRECTORY_TYPE)
            .map(it => [it.dirName, it.readOnly]);
    """,
}
FRAME = """
    const [args, done] = [arguments[0], arguments[arguments.length - 1]];
    const {CardDAVDirectory} = ChromeUtils.importESModule("resource:///modules/CardDAVDirectory.sys.mjs");
    const first = MailServices.ab.directories.find(it => it.dirType == Ci.nsIAbManager.CARDDAV_DIRECTORY_TYPE);
    const book = first ? CardDAVDirectory.forFile(first.fileName) : null;
    // A card that was uploaded is read back, and has another tag then.
    const uploaded = async (uid, old) => {
        for (let n = 0; n < 200; n++) {
            const tag = book.childCards.find(it => it.UID == uid)?.getProperty("_etag", "");
            if (tag && tag != old) { return tag; }
            await new Promise(done => setTimeout(done, 50));
        }
        throw new Error("it was not uploaded");
    };
    const changed = async (card, properties) => {
        const old = card.getProperty("_etag", "");
        card.setProperty("_vCard", properties.toVCard());
        book.modifyCard(card);
        return await uploaded(card.UID, old);
    };
    (async () => { %s })().then(it => done({ok: it}), error => done({error: String(error) + " " + error.stack}));
"""


def main() -> None:
    profile = Path(tempfile.mkdtemp(prefix="caiyou-thunderbird-"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    lines = [f"user_pref({json.dumps(key)}, {json.dumps(value)});" for key, value in PREFERENCES.items()]
    lines.append(f'user_pref("marionette.port", {port});')
    (profile / "user.js").write_text("\n".join(lines))
    command = [
        sys.argv[1], "--headless", "--marionette", "--remote-allow-system-access", "--profile", str(profile),
        "--no-remote",
    ]  # fmt: skip
    program = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        client = _connect(port)
        for line in sys.stdin:
            step = json.loads(line)
            script = FRAME % STEPS[step["do"]]
            sys.stdout.write(json.dumps(client.execute_async_script(script, script_args=[step["with"]])) + "\n")
            sys.stdout.flush()
    finally:
        program.terminate()
        try:
            program.wait(10)
        except subprocess.TimeoutExpired:
            program.kill()


def _connect(port: int) -> Marionette:
    end = time.monotonic() + 40
    client = Marionette(host="127.0.0.1", port=port)
    while True:
        try:
            client.start_session()
            break
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.3)
    client.set_context("chrome")
    client.timeout.script = 40
    return client


if __name__ == "__main__":
    main()
