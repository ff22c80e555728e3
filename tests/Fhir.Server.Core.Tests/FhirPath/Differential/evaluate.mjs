// https://github.com/HL7/fhirpath.js — reads one task per line ({"file", "expression"}), answers one line: {"found": [[type, value], …]} or {"issue": "…"}.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import fhirpath from "fhirpath";
import r4 from "fhirpath/fhir-context/r4";

const options = { resolveInternalTypes: false, preciseMath: true, traceFn: () => {} };
const read = new Map();

function resource(file) {
    if (!read.has(file)) read.set(file, JSON.parse(readFileSync(file, "utf8")));
    return read.get(file);
}

function answer({ file, expression }) {
    try {
        const found = fhirpath.evaluate(resource(file), expression, {}, r4, options);
        const types = fhirpath.types(found);
        return { found: found.map((item, i) => [types[i], fhirpath.resolveInternalTypes([item])[0] ?? null]) };
    } catch (error) {
        return { issue: String(error?.message ?? error).slice(0, 300) };
    }
}

for await (const line of createInterface({ input: process.stdin })) {
    const text = JSON.stringify(answer(JSON.parse(line)), (_, value) => (typeof value === "bigint" ? String(value) : value));
    process.stdout.write(text + "\n");
}
