// The door page of a session: works on a signed list kept in the browser, queues scans while there is no network, brings them when
// there is. The server decides what a scan comes to; what is shown meanwhile is this device's own reading of the list's rules.
(() => {
  "use strict";

  const door = document.getElementById("door");
  const words = JSON.parse(document.getElementById("door-words").textContent);
  const api = `/registration/api/sessions/${door.dataset.session}`;
  const EVERY = 15000;
  let list = null;
  let queue = [];
  let bringing = false;

  // ---- what is kept ----

  const opened = new Promise((resolve, reject) => {
    const request = indexedDB.open("jiamenkou-door", 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("lists");
      request.result.createObjectStore("queue", { keyPath: "nonce" });
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

  async function store(name, mode, act) {
    const base = await opened;
    return new Promise((resolve, reject) => {
      const change = base.transaction(name, mode, { durability: "strict" });
      const asked = act(change.objectStore(name));
      change.oncomplete = () => resolve(asked.result);
      change.onerror = () => reject(change.error);
    });
  }

  // ---- the list ----

  function bytes(text) {
    return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
  }

  async function isOurs(signed) {
    const key = await crypto.subtle.importKey("raw", bytes(signed.key), { name: "Ed25519" }, false, ["verify"]);
    return crypto.subtle.verify("Ed25519", key, bytes(signed.signature), new TextEncoder().encode(signed.text));
  }

  async function hash(text) {
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
    return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  function device() {
    let name = localStorage.getItem("jiamenkou-device");
    if (!name) localStorage.setItem("jiamenkou-device", (name = crypto.randomUUID()));
    return name;
  }

  async function take(signed) {
    if (!(await isOurs(signed))) return false;
    list = JSON.parse(signed.text);
    list.offset = list.offset ?? signed.offset ?? 0;
    return true;
  }

  async function fetchList() {
    const answer = await fetch(`${api}/door-list?device=${device()}`, { headers: { accept: "application/json" } });
    if (!answer.ok) throw new Error(answer.status);
    const signed = await answer.json();
    signed.offset = Date.parse(JSON.parse(signed.text).made_at) - Date.now();
    if (!(await take(signed))) return say("bad", words.forged);
    await store("lists", "readwrite", (lists) => lists.put(signed, door.dataset.session));
  }

  // ---- one scan ----

  function now() {
    return new Date(Date.now() + (list?.offset ?? 0));
  }

  // What this device's own queue makes of somebody on the list.
  function standing(person) {
    const mine = queue.filter((scan) => scan.registration_id === person.id);
    return mine.length ? mine[mine.length - 1].direction === "entry" : person.inside;
  }

  function left() {
    const letIn = queue.filter((scan) => scan.direction === "entry" && scan.seatless).length;
    return list.session.capacity - list.session.taken - letIn;
  }

  function judge(person, direction) {
    if (list.session.state !== "planned") return "over";
    if (now() > new Date(list.expires_at)) return "revoked";
    const day = (moment) => new Date(moment).toLocaleDateString("en-CA", { timeZone: "Asia/Shanghai" });
    if (day(now()) < day(list.session.starts_at)) return "not_yet";
    if (!person) return left() > 0 ? "ok" : "no_room";
    if (direction === "exit") return standing(person) ? "ok" : "not_inside";
    if (standing(person)) return "again";
    return person.seat || left() >= person.party ? "ok" : "no_room";
  }

  async function scan(shown, person, direction, way, force = false) {
    const verdict = list ? judge(person, direction) : "ok";
    if (verdict !== "ok" && !(verdict === "no_room" && force)) return refuse(verdict, shown, person, direction, way);
    const made = {
      nonce: crypto.randomUUID(),
      ...shown,
      direction,
      way,
      at: now().toISOString(),
      force,
      seatless: direction === "entry" && !person?.seat,
      session: door.dataset.session,
    };
    await store("queue", "readwrite", (kept) => kept.put(made));
    queue.push(made);
    say("good", `${person?.name ?? shown.newcomer?.name ?? ""} ${direction === "entry" ? words.in : words.out}`);
    show();
    bring();
  }

  function refuse(verdict, shown, person, direction, way) {
    say("bad", `${person?.name ?? ""} ${words[verdict]}`);
    if (verdict !== "no_room") return;
    offer(words.let_in, () => scan(shown, person, direction, way, true));
  }

  async function read(text) {
    const typed = text.trim();
    if (!typed || !list) return;
    if (/^[0-9]{4}$/.test(typed)) {
      const wanted = await hash(list.salt + typed);
      const found = list.people.filter((person) => person.digits === wanted);
      if (found.length === 1) return scan({ registration_id: found[0].id }, found[0], "entry", "digits");
      say("bad", found.length ? words.ambiguous : words.unknown);
      found.forEach((person) => offer(person.name, () => scan({ registration_id: person.id }, person, "entry", "digits")));
      return;
    }
    const ticket = typed.includes("ticket=") ? new URL(typed, location.origin).searchParams.get("ticket") : typed;
    const mark = await hash(ticket);
    const person = list.people.find((each) => each.ticket === mark);
    if (person) return scan({ registration_id: person.id }, person, "entry", "ticket");
    say("bad", words.not_listed);
    if (/^[A-Za-z0-9_-]{38}$/.test(ticket)) offer(words.let_in, () => scan({ ticket }, null, "entry", "ticket", true));
  }

  // ---- bringing the queue ----

  async function bring() {
    if (bringing || !list) return;
    bringing = true;
    try {
      await bringAll();
      await fetchList();
      online(true);
    } catch {
      online(false);
    } finally {
      bringing = false;
      show();
    }
  }

  async function bringAll() {
    while (queue.length) {
      const part = queue.slice(0, 100);
      const scans = part.map(({ seatless, session, ...sent }) => sent);
      const answer = await fetch(`${api}/offline-scans`, {
        method: "POST",
        headers: { "content-type": "application/json", accept: "application/json" },
        body: JSON.stringify({ door_pass: list.pass, scans }),
      });
      if (answer.status === 401 || answer.status === 403) say("bad", words.log_in);
      if (!answer.ok) throw new Error(answer.status);
      const { conflicts } = await answer.json();
      await store("queue", "readwrite", (kept) => part.map((each) => kept.delete(each.nonce))[0]);
      queue = queue.slice(part.length);
      showConflicts(conflicts);
    }
  }

  // ---- what is shown ----

  function element(tag, text, kind) {
    const made = document.createElement(tag);
    if (text) made.textContent = text;
    if (kind) made.className = kind;
    return made;
  }

  function button(text, act, kind = "plain") {
    const made = element("button", text, `button ${kind}`);
    made.type = "button";
    made.addEventListener("click", act);
    return made;
  }

  function say(kind, text) {
    const place = document.getElementById("door-said");
    place.replaceChildren(element("p", `${kind === "good" ? "✓" : "✗"} ${text}`, kind));
  }

  function offer(text, act) {
    document.getElementById("door-said").append(button(text, act, ""));
  }

  function online(is) {
    const place = document.getElementById("door-network");
    place.textContent = is ? words.online : words.offline;
    place.className = is ? "pill good" : "pill waiting";
  }

  function showConflicts(conflicts) {
    const lines = conflicts.map((each) => {
      const at = new Date(each.at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: "Asia/Shanghai" });
      return element("li", `${at} ${each.name} ${words[each.verdict]}`);
    });
    document.getElementById("door-conflicts").hidden = !lines.length;
    document.querySelector("#door-conflicts ul").replaceChildren(...lines);
  }

  function show() {
    if (!list) return;
    const rows = list.people.map((person) => {
      const row = element("li");
      const inside = standing(person);
      row.append(element("span", person.name, "who"));
      row.append(element("span", inside ? words.inside : person.seat ? words.expected : words.waiting, inside ? "good" : ""));
      row.append(
        inside
          ? button(words.leave, () => scan({ registration_id: person.id }, person, "exit", "staff"))
          : button(words.check_in, () => scan({ registration_id: person.id }, person, "entry", "staff"), ""),
      );
      return row;
    });
    document.getElementById("door-people").replaceChildren(...rows);
    const strangers = queue.filter((scan) => !scan.registration_id && scan.direction === "entry").length;
    document.getElementById("door-inside").textContent = list.people.filter(standing).length + strangers;
    document.getElementById("door-waiting").textContent = queue.length;
  }

  // ---- the camera, where the browser can read codes ----

  async function watch() {
    const picture = document.getElementById("door-picture");
    const reader = new BarcodeDetector({ formats: ["qr_code"] });
    picture.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    picture.hidden = false;
    await picture.play();
    let last = "";
    setInterval(async () => {
      const [found] = await reader.detect(picture).catch(() => []);
      if (!found || found.rawValue === last) return;
      last = found.rawValue;
      await read(last);
      setTimeout(() => (last = ""), 3000);
    }, 300);
  }

  async function begin() {
    if ("serviceWorker" in navigator) {
      await navigator.serviceWorker.register("/registration/desk/door/worker.js", { scope: "/registration/desk/door/" });
      const worker = (await navigator.serviceWorker.ready).active;
      const parts = performance.getEntriesByType("resource").map((part) => new URL(part.name));
      const ours = parts.filter((part) => part.origin === location.origin && part.pathname.startsWith("/static/"));
      worker.postMessage([location.href.split("#")[0], ...ours.map(String)]);
    }
    const kept = await store("lists", "readonly", (lists) => lists.get(door.dataset.session));
    if (kept) await take(kept);
    const all = await store("queue", "readonly", (waiting) => waiting.getAll());
    queue = all.filter((scan) => scan.session === door.dataset.session).sort((one, two) => (one.at < two.at ? -1 : 1));
    show();
    try {
      if (!queue.length) await fetchList();
      online(true);
    } catch {
      online(false);
      if (!list) say("bad", words.no_list);
    }
    show();
    bring();
    setInterval(bring, EVERY);
    addEventListener("online", bring);
    addEventListener("offline", () => online(false));
  }

  document.getElementById("door-shown").addEventListener("submit", (event) => {
    event.preventDefault();
    const field = event.target.elements.shown;
    read(field.value);
    field.value = "";
    field.focus();
  });
  document.getElementById("door-newcomer").addEventListener("submit", (event) => {
    event.preventDefault();
    const { name, phone } = event.target.elements;
    if (!name.value.trim()) return;
    scan({ newcomer: { name: name.value.trim(), phone: phone.value.trim() } }, null, "entry", "staff");
    event.target.reset();
  });
  if ("BarcodeDetector" in window) {
    const camera = document.getElementById("door-camera");
    camera.hidden = false;
    camera.addEventListener("click", () => watch().catch(() => say("bad", words.no_camera)));
  }
  begin();
})();
