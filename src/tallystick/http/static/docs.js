"use strict";

const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const one = (selector, within = document) => within.querySelector(selector);
const made = (tag, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};

// Examples name the server that this page came from.
for (const code of all(".code code")) {
  if (location.origin !== "null" && code.firstElementChild === null) {
    code.textContent = code.textContent.replaceAll("http://127.0.0.1:8700", location.origin);
  }
}

// Copy
for (const button of all(".copy")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const said = button.textContent;
    try {
      await navigator.clipboard.writeText(one("code", button.parentElement).textContent);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(one("code", button.parentElement));
      button.textContent = "Selected";
    }
    setTimeout(() => { button.textContent = said; }, 1500);
  });
}

// Search
const box = one(".search");
if (box) {
  const input = one("input", box);
  const operations = all(".operation");
  const entries = new Map(all(".contents li").map((each) => [each.dataset.for, each]));
  const sections = [...all(".contents section"), ...all("main .group"), ...all("main .about")];
  const search = () => {
    const words = input.value.toLowerCase().split(/[^a-z0-9]+/).filter(Boolean);
    let found = 0;
    for (const each of operations) {
      const good = words.every((word) => each.dataset.words.includes(` ${word}`));
      each.hidden = !good;
      entries.get(each.id).hidden = !good;
      found += good ? 1 : 0;
    }
    for (const each of sections) {
      each.hidden = words.length > 0 && one(".operation:not([hidden]), li:not([hidden])[data-for]", each) === null;
    }
    one(".nothing").hidden = found > 0;
  };
  box.hidden = false;
  input.addEventListener("input", search);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      input.value = "";
      search();
    } else if (event.key === "Enter") {
      const first = operations.find((each) => !each.hidden);
      if (first) {
        location.hash = first.id;
      }
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.target.closest("input, textarea")) {
      event.preventDefault();
      input.focus();
    }
  });
  addEventListener("hashchange", () => {
    const wanted = document.getElementById(location.hash.slice(1));
    if (wanted && wanted.closest("[hidden]")) {
      input.value = "";
      search();
      wanted.scrollIntoView();
    }
  });
}

// Where the reader is; a problem that is linked to opens.
const narrow = matchMedia("(max-width: 52rem)");
const menu = one(".menu");
if (menu && narrow.matches) {
  menu.open = false;
  menu.addEventListener("click", (event) => {
    if (event.target.closest("a")) {
      menu.open = false;
    }
  });
}
const links = new Map(all(".contents li a").map((each) => [each.hash.slice(1), each]));
const seen = new IntersectionObserver((changes) => {
  for (const { target, isIntersecting } of changes) {
    if (isIntersecting) {
      all("[aria-current]", menu).forEach((each) => each.removeAttribute("aria-current"));
      links.get(target.id).setAttribute("aria-current", "true");
    }
  }
}, { rootMargin: "-15% 0px -75% 0px" });
all(".operation").forEach((each) => seen.observe(each));
const openTarget = () => {
  const wanted = document.getElementById(location.hash.slice(1));
  if (wanted instanceof HTMLDetailsElement) {
    wanted.open = true;
  }
};
addEventListener("hashchange", openTarget);
openTarget();

// The key, kept in this tab only
const STORED = "tallystick-api-key";
const keyForm = one(".keys");
const apiKey = one("#api-key");
if (keyForm) {
  keyForm.hidden = false;
  apiKey.value = sessionStorage.getItem(STORED) ?? "";
  apiKey.addEventListener("input", () => sessionStorage.setItem(STORED, apiKey.value.trim()));
  keyForm.addEventListener("submit", (event) => event.preventDefault());
}

// Try it
const request = (form) => {
  let path = form.dataset.path;
  const query = new URLSearchParams();
  const headers = apiKey.value.trim() ? { Authorization: `Bearer ${apiKey.value.trim()}` } : {};
  for (const input of all("input", form)) {
    const value = input.value.trim();
    if (input.dataset.in === "path") {
      path = path.replace(`{${input.name}}`, encodeURIComponent(value));
    } else if (value && input.dataset.in === "query") {
      query.append(input.name, value);
    } else if (value) {
      headers[input.name] = value;
    }
  }
  const body = one("textarea", form)?.value;
  if (body !== undefined) {
    headers["Content-Type"] = form.dataset.type;
  }
  const address = query.size ? `${path}?${query}` : path;
  return [address, { method: form.dataset.method, headers, body }];
};

const colours = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const coloured = (text) => {
  const code = made("code");
  let at = 0;
  for (const found of text.matchAll(colours)) {
    const kind = found[2] !== undefined ? "k" : found[1] !== undefined ? "s" : "n";
    code.append(text.slice(at, found.index), made("span", { className: kind }, found[1] ?? found[0]));
    at = found.index + (found[1] ?? found[0]).length;
  }
  code.append(text.slice(at));
  return code;
};

const pretty = (text) => {
  // Only white space is added: numbers stay as they were sent.
  try {
    JSON.parse(text);
  } catch {
    return text;
  }
  let depth = 0;
  const line = () => `\n${"  ".repeat(depth)}`;
  return text.replace(/"(?:[^"\\]|\\.)*"|\[\s*\]|\{\s*\}|[[\]{}:,]/g, (part) => {
    if (part === "{" || part === "[") {
      depth += 1;
      return part + line();
    }
    if (part === "}" || part === "]") {
      depth -= 1;
      return line() + part;
    }
    return part === "," ? part + line() : part === ":" ? ": " : part;
  });
};

const send = async (form) => {
  const answer = one(".answer", form);
  const button = one("button[type=submit]", form);
  const begun = performance.now();
  button.disabled = true;
  try {
    const reply = await fetch(...request(form));
    const text = await reply.text();
    const took = Math.round(performance.now() - begun);
    const status = made("span", { className: `status s${String(reply.status)[0]}` }, String(reply.status));
    const said = [`${took} ms`];
    if (reply.headers.get("Idempotent-Replayed")) {
      said.push("replayed");
    }
    said.push(reply.headers.get("X-Request-Id") ?? "");
    answer.replaceChildren(
      made("p", { className: "caption" }, status, ` ${said.join(" \u00b7 ")}`),
      made("div", { className: "code" }, made("pre", { tabIndex: 0, role: "group", ariaLabel: "Answer" }, coloured(pretty(text)))),
    );
  } catch (error) {
    answer.replaceChildren(made("p", {}, `The server did not answer: ${error.message}`));
  } finally {
    button.disabled = false;
  }
};

for (const form of all(".try form")) {
  form.closest(".try").hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(form);
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
}
