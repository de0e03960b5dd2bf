// W3C WebDriver with `fetch`: the protocol, and what a hand and an eye can do. Not here: what any screen
// means; that is the vocabulary in pages/.

import { writeFileSync } from 'node:fs';

const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';
export const KEY = {
  enter: '\uE007', escape: '\uE00C', tab: '\uE004', backspace: '\uE003', delete: '\uE017',
  up: '\uE013', down: '\uE015', left: '\uE012', right: '\uE014', home: '\uE011', end: '\uE010',
  control: '\uE009', shift: '\uE008', alt: '\uE00A',
};

/** Asks again until the answer is truthy; says in words what did not come true. */
export async function until(what, question, ms = 15_000) {
  const end = Date.now() + ms;
  let last;
  for (;;) {
    try {
      const answer = await question();
      if (answer) return answer;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) {
      throw new Error(`after ${ms / 1000} s it was not so: ${what}${last ? ` (${last.message})` : ''}`);
    }
    await new Promise((done) => setTimeout(done, 50));
  }
}

/** One window under automation. */
export class Window {
  constructor(base, session) {
    this.base = base;
    this.path = `/session/${session}`;
  }

  static async call(base, method, path, body) {
    const reply = await fetch(base + path, {
      method,
      body: body && JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
      signal: AbortSignal.timeout(60_000),
    });
    const { value } = await reply.json();
    if (!reply.ok) throw new Error(`${method} ${path}: ${value?.error}: ${value?.message}`);
    return value;
  }

  static async open(base, binary, args) {
    const { sessionId } = await Window.call(base, 'POST', '/session', {
      capabilities: { alwaysMatch: { 'webkitgtk:browserOptions': { binary, args } } },
    });
    return new Window(base, sessionId);
  }

  do(method, path, body) {
    return Window.call(this.base, method, this.path + path, body);
  }

  close() {
    return this.do('DELETE', '');
  }

  /** Runs a function in the page; its arguments and result travel as JSON. */
  js(script, ...args) {
    const body = typeof script === 'function' ? `return (${script}).apply(null, arguments)` : script;
    return this.do('POST', '/execute/sync', { script: body, args });
  }

  // Finding -----------------------------------------------------------------

  /** A selector, or `@name` for the element with that test id. */
  css(what) {
    return what.startsWith('@') ? `[data-testid="${what.slice(1)}"]` : what;
  }

  async all(what) {
    const found = await this.do('POST', '/elements', { using: 'css selector', value: this.css(what) });
    return found.map((one) => one[ELEMENT]);
  }

  async has(what) {
    return (await this.all(what)).length > 0;
  }

  /** Waits until it is there. */
  see(what, ms) {
    return until(`${what} is there`, async () => (await this.all(what))[0], ms);
  }

  gone(what, ms) {
    return until(`${what} is gone`, async () => !(await this.has(what)), ms);
  }

  async text(what) {
    await this.see(what);
    return this.js((css) => document.querySelector(css)?.innerText ?? '', this.css(what));
  }

  texts(what) {
    return this.js((css) => [...document.querySelectorAll(css)].map((one) => one.innerText), this.css(what));
  }

  attribute(what, name) {
    return this.js((css, key) => document.querySelector(css)?.getAttribute(key), this.css(what), name);
  }

  /** Everything that stands on the screen. */
  words() {
    return this.js(() => document.body.innerText);
  }

  /** Waits until these words stand somewhere on the screen. */
  reads(words, ms) {
    const found = words instanceof RegExp ? (text) => words.test(text) : (text) => text.includes(words);
    return until(`the screen reads ${words}`, async () => found(await this.words()), ms);
  }

  /** Left, top, width and height in the window. */
  async box(what) {
    await this.see(what);
    return this.js((css) => {
      const at = document.querySelector(css).getBoundingClientRect();
      return { x: at.x, y: at.y, width: at.width, height: at.height };
    }, this.css(what));
  }

  async middle(what) {
    const { x, y, width, height } = await this.box(what);
    return [Math.round(x + width / 2), Math.round(y + height / 2)];
  }

  // The hand ----------------------------------------------------------------

  pointer(actions) {
    return this.do('POST', '/actions', {
      actions: [{ type: 'pointer', id: 'mouse', parameters: { pointerType: 'mouse' }, actions }],
    });
  }

  /**
   * Clicks what can be clicked, once it stands still: a form moves while it fills, a menu while it opens. Three looks
   * at the same place, nothing that moves it, no font on its way, and nothing in front of it.
   */
  async click(what, ms) {
    await this.see(what, ms);
    let last;
    let times = 0;
    await until(`${what} can be clicked and stands still`, async () => {
      const now = await this.js((css) => {
        const one = document.querySelector(css);
        if (!one || one.disabled || one.getAttribute('aria-disabled') === 'true') return null;
        if (document.fonts.status !== 'loaded') return null;
        if (document.getAnimations().some((it) => it.playState === 'running' && it.effect?.target?.contains(one))) return null;
        one.scrollIntoView({ block: 'nearest', inline: 'nearest' });
        const { x, y, width, height } = one.getBoundingClientRect();
        const middle = [Math.round(x + width / 2), Math.round(y + height / 2)];
        const hit = document.elementFromPoint(...middle);
        return hit && (one.contains(hit) || hit.contains(one)) ? middle : null;
      }, this.css(what));
      times = now !== null && `${now}` === `${last}` ? times + 1 : 0;
      last = now;
      return times >= 2;
    }, ms);
    await this.clickAt(...last);
  }

  clickAt(x, y) {
    return this.pointer([
      { type: 'pointerMove', duration: 0, x, y },
      { type: 'pointerDown', button: 0 },
      { type: 'pause', duration: 20 },
      { type: 'pointerUp', button: 0 },
    ]);
  }

  /** Pulls from one place to another, with moves between as a hand makes them. */
  async drag(from, to, steps = 10) {
    const [x0, y0] = typeof from === 'string' ? await this.middle(from) : from;
    const [x1, y1] = typeof to === 'string' ? await this.middle(to) : to;
    const moves = Array.from({ length: steps }, (_, i) => ({
      type: 'pointerMove',
      duration: 20,
      x: Math.round(x0 + ((x1 - x0) * (i + 1)) / steps),
      y: Math.round(y0 + ((y1 - y0) * (i + 1)) / steps),
    }));
    await this.pointer([
      { type: 'pointerMove', duration: 0, x: x0, y: y0 },
      { type: 'pointerDown', button: 0 },
      { type: 'pause', duration: 40 },
      ...moves,
      { type: 'pause', duration: 60 },
      { type: 'pointerUp', button: 0 },
    ]);
  }

  async type(what, text) {
    const one = await this.see(what);
    await this.do('POST', `/element/${one}/value`, { text });
  }

  /** Puts `text` where something else may stand. Keys are pressed only once the field has them. */
  async fill(what, text) {
    const focused = () => this.js((css) => document.activeElement === document.querySelector(css), this.css(what));
    await until(`${what} has the keyboard`, async () => {
      await this.click(what);
      return until('it has', focused, 500);
    });
    await this.js((css) => document.querySelector(css).select(), this.css(what));
    await this.keys([KEY.backspace]);
    if (text) await this.type(what, text);
  }

  /** Presses keys together, as a chord. */
  keys(chord) {
    const down = chord.map((value) => ({ type: 'keyDown', value }));
    const up = [...chord].reverse().map((value) => ({ type: 'keyUp', value }));
    return this.do('POST', '/actions', { actions: [{ type: 'key', id: 'keys', actions: [...down, ...up] }] });
  }

  /** Keeps what is painted. A page is there before its first paint; a picture of one colour packs to next to nothing. */
  async picture(file) {
    const shot = await until('the window is painted', async () => {
      const taken = Buffer.from(await this.do('GET', '/screenshot'), 'base64');
      return taken.length > 12_000 && taken;
    });
    writeFileSync(file, shot);
  }

  resize(width, height) {
    return this.do('POST', '/window/rect', { x: 0, y: 0, width, height });
  }
}
