// The UCUM table, condensed to facts: one record a line, in the order of the essence, the same bytes on every run.
// usage: node condense.mjs ucum-essence.xml > ucum.txt     (README.md explains the records)
import { readFileSync } from 'node:fs';

const xml = readFileSync(process.argv[2], 'utf8').replace(/<!--[\s\S]*?-->/g, '');

const entities = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
const decoded = (text) => text.replace(/&(#x?[0-9a-fA-F]+|\w+);/g, (_, name) => name[0] !== '#' ? entities[name]
  : String.fromCodePoint(name[1] === 'x' ? parseInt(name.slice(2), 16) : Number(name.slice(1))));

const attributes = (text) => Object.fromEntries([...text.matchAll(/([\w:]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)]
  .map((m) => [m[1], decoded(m[2] ?? m[3])]));

// The first tag of that name inside a piece of XML, as its attributes; undefined when there is none.
const tag = (name, inside) => {
  const found = new RegExp(`<${name}\\b([^>]*)>`).exec(inside);
  return found ? attributes(found[1]) : undefined;
};
const each = (name) => [...xml.matchAll(new RegExp(`<${name}\\b([^>]*)>([\\s\\S]*?)</${name}>`, 'g'))]
  .map((m) => ({ ...attributes(m[1]), inside: m[2] }));

const flags = (unit) => [['isMetric', 'm'], ['isSpecial', 's'], ['isArbitrary', 'a']]
  .filter(([name]) => unit[name] === 'yes').map(([, flag]) => flag).join('') || '-';

function unitRecord(unit) {
  const scale = tag('function', unit.inside);
  const worth = scale ?? tag('value', unit.inside);
  return ['unit', unit.Code, flags(unit), worth.value, worth.Unit, ...(scale ? [scale.name] : [])];
}

const records = [
  ['ucum', tag('root', xml).version],
  ...each('prefix').map((p) => ['prefix', p.Code, tag('value', p.inside).value]),
  ...each('base-unit').map((u) => ['base', u.Code]),
  ...each('unit').map(unitRecord),
];
process.stdout.write(`# UCUM table, copyright 1995-2015 Regenstrief Institute, Inc. and the UCUM Organization. All rights reserved.
# Provided "as is", under the licence at https://ucum.org/license; README.md beside this file has the notice.
${records.map((record) => `${record.join('\t')}\n`).join('')}`);
