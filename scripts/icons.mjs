// `npm run icons`: draws the set in icons/ from icons/podium.svg, the one source. `--check` proves that
// the committed set belongs to the committed source, without drawing anew: two versions of the drawing
// program may differ in a bit that no eye sees.

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { must } from './setup/process.mjs';
import { root } from './setup/places.mjs';
import { finish, Plain, say } from './setup/say.mjs';

const source = join(root, 'icons', 'podium.svg');
const folder = join(root, 'icons');

// File → edge in pixels. The names are those that bundlers look for.
const PNG = {
  '16x16.png': 16,
  '24x24.png': 24,
  '32x32.png': 32,
  '48x48.png': 48,
  '64x64.png': 64,
  '128x128.png': 128,
  '128x128@2x.png': 256,
  '512x512.png': 512,
  '1024x1024.png': 1024,
  'icon.png': 512,
};
const ICO = ['16x16.png', '24x24.png', '32x32.png', '48x48.png', '64x64.png', '128x128@2x.png'];
// Apple's four letters for each size; the `@2x` kinds share a picture with the size they double.
const ICNS = [
  ['icp4', '16x16.png'],
  ['icp5', '32x32.png'],
  ['ic11', '32x32.png'],
  ['ic12', '64x64.png'],
  ['ic07', '128x128.png'],
  ['ic13', '128x128@2x.png'],
  ['ic08', '128x128@2x.png'],
  ['ic14', '512x512.png'],
  ['ic09', '512x512.png'],
  ['ic10', '1024x1024.png'],
];

const read = (name) => readFileSync(join(folder, name));
const sum = (data) => createHash('sha256').update(data).digest('hex');

/** Width, height and whether it has an alpha channel; a PNG says so in its first chunk. */
function shape(png) {
  if (png.readUInt32BE(0) !== 0x89504e47) throw new Plain('not a PNG');
  return { width: png.readUInt32BE(16), height: png.readUInt32BE(20), alpha: png[24] === 8 && png[25] === 6 };
}

function ico() {
  const pictures = ICO.map(read);
  const head = Buffer.alloc(6 + 16 * pictures.length);
  head.writeUInt16LE(1, 2);
  head.writeUInt16LE(pictures.length, 4);
  let offset = head.length;
  pictures.forEach((png, i) => {
    const at = 6 + 16 * i;
    const { width, height } = shape(png);
    head[at] = width % 256; // 0 stands for 256
    head[at + 1] = height % 256;
    head.writeUInt16LE(1, at + 4);
    head.writeUInt16LE(32, at + 6);
    head.writeUInt32LE(png.length, at + 8);
    head.writeUInt32LE(offset, at + 12);
    offset += png.length;
  });
  return Buffer.concat([head, ...pictures]);
}

function icns() {
  const parts = ICNS.map(([kind, name]) => {
    const png = read(name);
    const head = Buffer.alloc(8);
    head.write(kind, 0, 'ascii');
    head.writeUInt32BE(png.length + 8, 4);
    return Buffer.concat([head, png]);
  });
  const body = Buffer.concat(parts);
  const head = Buffer.alloc(8);
  head.write('icns', 0, 'ascii');
  head.writeUInt32BE(body.length + 8, 4);
  return Buffer.concat([head, body]);
}

async function draw() {
  mkdirSync(folder, { recursive: true });
  for (const [name, edge] of Object.entries(PNG)) {
    await must('The icon could not be drawn.', 'rsvg-convert', ['-w', `${edge}`, '-h', `${edge}`, source, '-o', join(folder, name)], {
      next: 'On Debian: sudo apt-get install librsvg2-bin',
    });
  }
  writeFileSync(join(folder, 'icon.ico'), ico());
  writeFileSync(join(folder, 'icon.icns'), icns());
  writeFileSync(join(folder, 'source.sha256'), `${sum(readFileSync(source))}\n`);
  say(`${Object.keys(PNG).length + 2} files in icons`);
}

function check() {
  const wrong = [];
  const stale = read('source.sha256').toString().trim() !== sum(readFileSync(source));
  if (stale) wrong.push('icons/podium.svg has changed since the set was drawn');
  for (const [name, edge] of Object.entries(PNG)) {
    const { width, height, alpha } = shape(read(name));
    if (width !== edge || height !== edge || !alpha) wrong.push(`${name} is ${width} × ${height}, alpha: ${alpha}`);
  }
  if (!read('icon.ico').equals(ico())) wrong.push('icon.ico holds other pictures');
  if (!read('icon.icns').equals(icns())) wrong.push('icon.icns holds other pictures');
  const extra = readdirSync(folder).filter((name) => !(name in PNG) && !/^(podium\.svg|icon\.ic(o|ns)|source\.sha256)$/.test(name));
  if (extra.length > 0) wrong.push(`files that nothing draws: ${extra.join(', ')}`);
  if (wrong.length > 0) throw new Plain('The icons are not those of their source.', { why: wrong.join('\n'), next: 'Run: npm run icons' });
  say('the icons are those of their source');
}

await finish(() => (process.argv.includes('--check') ? check() : draw()));
