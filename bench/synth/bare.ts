// The same objects with plain cdk8s: an L1 construct for each, with literal props.

import * as path from 'node:path';
import { type Chart, type Json } from './manifests';

/** The source of an app that writes the charts of any number of units: node bare.js UNITS */
export function bareApp(charts: readonly Chart[]): string {
  return `
const { App, Chart } = require('cdk8s');
const { k8s } = require('cdk8s-plus-27');
const start = performance.now();
const together = process.argv.includes('--together') ? new App() : undefined;
for (let n = 1; n <= Number(process.argv[2]); n++) {
  const app = together ?? new App();
  write(app, \`unit-\${n}\`);
  if (!together) app.synth();
}
together?.synth();
console.log((performance.now() - start) / 1000);

function write(app, unit) {
${charts.map(chart).join('')}}
`;
}

function chart({ file, objects }: Chart): string {
  const name = literal(path.basename(file, '.k8s.yaml'), []);
  const lines = objects.map((object, i) => {
    const { apiVersion: _, kind, ...props } = object;
    return `    new k8s.Kube${kind}(chart, 'o${i}', ${literal(props, [kind])});\n`;
  });
  return `  {\n    const chart = new Chart(app, ${name});\n${lines.join('')}  }\n`;
}

/** The source of a value at this path; strings with the name of the unit become template literals. */
function literal(value: Json, where: readonly string[]): string {
  if (Array.isArray(value)) return `[${value.map((item) => literal(item, where)).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(([key, inner]) => `${property(key)}: ${literal(inner, [...where, key])}`);
    return `{ ${entries.join(', ')} }`;
  }
  const wrapper = isQuantity(where) ? 'Quantity' : isIntOrString(where) ? 'IntOrString' : undefined;
  const text = typeof value === 'string' ? template(value) : JSON.stringify(value);
  return wrapper ? `k8s.${wrapper}.from${typeof value === 'string' ? 'String' : 'Number'}(${text})` : text;
}

/** L1 classes have keys in camel case. */
function property(key: string): string {
  return JSON.stringify(key.replace(/IP$/, 'Ip'));
}

function isQuantity(where: readonly string[]): boolean {
  return ['requests', 'limits', 'capacity'].includes(where.at(-2) ?? '') || where.at(-1) === 'sizeLimit';
}

function isIntOrString(where: readonly string[]): boolean {
  const key = where.at(-1) ?? '';
  if (key === 'port') return ['httpGet', 'tcpSocket'].includes(where.at(-2) ?? '') || where[0] === 'NetworkPolicy';
  return ['targetPort', 'maxUnavailable', 'maxSurge'].includes(key);
}

function template(text: string): string {
  if (!text.includes('unit-1')) return JSON.stringify(text);
  return `\`${text.replace(/[\\`]|\$\{/g, '\\$&').replaceAll('unit-1', '${unit}')}\``;
}
