// Runs each interaction of fhir-kit-client against the server at SERVER with TOKEN: a line "ok NAME" or "no NAME: why" for each.
import assert from 'node:assert/strict';
import { CapabilityTool, Client } from 'fhir-kit-client';

const client = new Client({ baseUrl: process.env.SERVER, bearerToken: process.env.TOKEN });
const run = process.env.RUN;
const headersOf = (result) => Client.httpFor(result).response.headers;
const statusOf = (result) => Client.httpFor(result).response.status;
const refused = async (status, promise) => {
  const error = await promise.then(() => assert.fail('It was not refused.'), (e) => e);
  assert.equal(error.response?.status, status, error.message);
  assert.equal(error.response.data.resourceType, 'OperationOutcome');
};
const patient = (value, more = {}) => ({ resourceType: 'Patient', identifier: [{ system: 'urn:kit', value: `${run}-${value}` }], name: [{ family: `Kit${run}`, given: [value] }], ...more });
const kept = {};

const steps = {
  async 'capability statement'() {
    const told = await client.capabilityStatement();
    const can = new CapabilityTool(told);
    for (const code of ['transaction', 'batch', 'history-system', 'search-system']) assert.ok(can.serverCan(code), code);
    for (const code of ['read', 'vread', 'create', 'update', 'patch', 'delete', 'history-instance', 'history-type', 'search-type']) assert.ok(can.resourceCan('Patient', code), code);
    assert.ok(can.resourceSearch('Patient', 'birthdate'));
  },
  async create() {
    kept.made = await client.create({ resourceType: 'Patient', body: patient('one') });
    assert.equal(statusOf(kept.made), 201);
    assert.ok(headersOf(kept.made).get('location').endsWith(`/Patient/${kept.made.id}/_history/1`));
    assert.equal(headersOf(kept.made).get('etag'), 'W/"1"');
  },
  async 'conditional create'() {
    const options = { headers: { 'If-None-Exist': `identifier=urn:kit|${run}-one` } };
    const same = await client.create({ resourceType: 'Patient', body: patient('one'), options });
    assert.deepEqual([statusOf(same), same.id], [200, kept.made.id]);
  },
  async read() {
    const read = await client.read({ resourceType: 'Patient', id: kept.made.id });
    assert.deepEqual(read, kept.made);
  },
  async 'conditional read'() {
    const error = await client.read({ resourceType: 'Patient', id: kept.made.id, options: { headers: { 'If-None-Match': 'W/"1"' } } }).catch((e) => e);
    assert.equal(error.response.status, 304);
  },
  async update() {
    const updated = await client.update({ resourceType: 'Patient', id: kept.made.id, body: { ...kept.made, gender: 'female' }, options: { headers: { 'If-Match': 'W/"1"' } } });
    assert.deepEqual([updated.gender, updated.meta.versionId], ['female', '2']);
    await refused(412, client.update({ resourceType: 'Patient', id: kept.made.id, body: { ...kept.made, gender: 'male' }, options: { headers: { 'If-Match': 'W/"1"' } } }));
  },
  async 'conditional update'() {
    const searchParams = { identifier: `urn:kit|${run}-one` };
    const updated = await client.update({ resourceType: 'Patient', searchParams, body: patient('one', { gender: 'other' }) });
    assert.deepEqual([updated.id, updated.gender], [kept.made.id, 'other']);
  },
  async patch() {
    const jsonPatch = [{ op: 'test', path: '/gender', value: 'other' }, { op: 'add', path: '/name/0/given/-', value: 'Zoë' }];
    const patched = await client.patch({ resourceType: 'Patient', id: kept.made.id, jsonPatch });
    assert.deepEqual(patched.name[0].given, ['one', 'Zoë']);
    await refused(422, client.patch({ resourceType: 'Patient', id: kept.made.id, jsonPatch: [{ op: 'test', path: '/gender', value: 'male' }] }));
  },
  async vread() {
    const first = await client.vread({ resourceType: 'Patient', id: kept.made.id, version: '1' });
    assert.deepEqual(first, kept.made);
    await refused(404, client.vread({ resourceType: 'Patient', id: kept.made.id, version: '99' }));
  },
  async 'history of one'() {
    const history = await client.resourceHistory({ resourceType: 'Patient', id: kept.made.id });
    assert.equal([history.type, history.total, ...history.entry.map((e) => e.request.method)].join(), 'history,4,PUT,PUT,PUT,POST');
  },
  async 'history of a type'() {
    assert.equal((await client.typeHistory({ resourceType: 'Patient' })).type, 'history');
  },
  async 'history of the system'() {
    assert.equal((await client.systemHistory()).type, 'history');
  },
  async transaction() {
    const body = {
      resourceType: 'Bundle', type: 'transaction',
      entry: [
        { fullUrl: 'urn:uuid:0b5a0f3e-6f43-4bd8-9d3a-6a3b8b0f5d01', resource: patient('two'), request: { method: 'POST', url: 'Patient' } },
        { resource: { resourceType: 'Observation', status: 'final', code: { text: run }, subject: { reference: 'urn:uuid:0b5a0f3e-6f43-4bd8-9d3a-6a3b8b0f5d01' } }, request: { method: 'POST', url: 'Observation' } },
      ],
    };
    const answer = await client.transaction({ body });
    assert.deepEqual([answer.type, answer.entry.map((e) => e.response.status.slice(0, 3))], ['transaction-response', ['201', '201']]);
    [kept.two, kept.observation] = answer.entry.map((e) => e.response.location.match(/(?:Patient|Observation)\/([^/]+)/)[1]);
  },
  async batch() {
    const answer = await client.batch({ body: { resourceType: 'Bundle', type: 'batch', entry: [{ request: { method: 'GET', url: `Patient/${kept.two}` } }, { request: { method: 'GET', url: 'Patient/never-there' } }] } });
    assert.deepEqual([answer.type, answer.entry.map((e) => e.response.status.slice(0, 3))], ['batch-response', ['200', '404']]);
  },
  async 'search of a type'() {
    const found = await client.resourceSearch({ resourceType: 'Patient', searchParams: { family: `Kit${run}`, _sort: 'given' } });
    assert.deepEqual([found.total, found.entry.map((e) => e.resource.id)], [2, [kept.made.id, kept.two]]);
  },
  async 'search by POST'() {
    const found = await client.resourceSearch({ resourceType: 'Patient', searchParams: { family: `Kit${run}`, given: 'two' }, options: { postSearch: true } });
    assert.deepEqual(found.entry.map((e) => e.resource.id), [kept.two]);
  },
  async 'search of the system'() {
    const searchParams = { _type: 'Patient,Observation', _id: `${kept.two},${kept.observation}` };
    for (const postSearch of [false, true]) assert.equal((await client.systemSearch({ searchParams, options: { postSearch } })).entry.length, 2);
  },
  async 'search of a compartment'() {
    const compartment = { resourceType: 'Patient', id: kept.two };
    for (const postSearch of [false, true])
      assert.deepEqual((await client.compartmentSearch({ resourceType: 'Observation', compartment, searchParams: { status: 'final' }, options: { postSearch } })).entry.map((e) => e.resource.id), [kept.observation]);
  },
  async 'next page'() {
    const first = await client.resourceSearch({ resourceType: 'Patient', searchParams: { family: `Kit${run}`, _count: 1 } });
    const next = await client.nextPage({ bundle: first });
    assert.notEqual(next.entry[0].resource.id, first.entry[0].resource.id);
    assert.equal(client.nextPage({ bundle: next }), undefined);
  },
  async resolve() {
    const observation = await client.read({ resourceType: 'Observation', id: kept.observation });
    assert.equal((await client.resolve({ reference: observation.subject.reference, context: observation })).id, kept.two);
  },
  async 'operation by POST'() {
    const outcome = await client.operation({ name: 'validate', resourceType: 'Patient', input: { resourceType: 'Parameters', parameter: [{ name: 'resource', resource: { resourceType: 'Patient', active: 'x' } }] } });
    assert.equal(outcome.issue[0].severity, 'error');
  },
  async 'operation by GET'() {
    const expanded = await client.operation({ name: 'expand', resourceType: 'ValueSet', method: 'GET', input: { url: 'http://hl7.org/fhir/ValueSet/administrative-gender' } });
    assert.equal(expanded.expansion.contains.length, 4);
  },
  async delete() {
    await client.delete({ resourceType: 'Observation', id: kept.observation });
    await refused(410, client.read({ resourceType: 'Observation', id: kept.observation }));
  },
  async 'any request'() {
    const got = await client.request(`Patient?identifier=urn:kit|${run}-one&_summary=count`);
    assert.deepEqual([got.total, got.entry], [1, undefined]);
    await client.request(`Patient?identifier=urn:kit|${run}-two`, { method: 'DELETE' });
    await refused(410, client.read({ resourceType: 'Patient', id: kept.two }));
  },
};

for (const [name, step] of Object.entries(steps)) {
  try {
    await step();
    console.log(`ok ${name}`);
  } catch (error) {
    console.log(`no ${name}: ${error.message} ${JSON.stringify(error.response?.data ?? '')}`.replaceAll('\n', ' '));
  }
}
