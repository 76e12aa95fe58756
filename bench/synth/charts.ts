// The same objects as a Helm chart, and for kustomize.

import * as fs from 'node:fs';
import * as path from 'node:path';

/** Writes a chart whose templates repeat each file of unit-1 for every unit. */
export function writeHelmChart(dir: string, manifests: string, units: readonly string[]): void {
  write(dir, 'Chart.yaml', 'apiVersion: v2\nname: fleet\nversion: 1.0.0\n');
  write(dir, 'values.yaml', `units: ${JSON.stringify(units)}\n`);
  for (const [file, text] of filesOf(manifests)) {
    const template = text.replaceAll('{{', '{{ "{{" }}').replaceAll('unit-1', '{{ $unit }}');
    write(dir, `templates/${file}`, `{{- range $unit := .Values.units }}\n---\n${template}{{- end }}\n`);
  }
}

/** Writes a directory with the files of each unit, since Kustomize has no templates; Kustomize sets the namespace. */
export function writeKustomization(dir: string, manifests: string, units: readonly string[]): void {
  const files = filesOf(manifests);
  write(dir, 'kustomization.yaml', `resources: ${JSON.stringify(units)}\n`);
  for (const unit of units) {
    const resources = JSON.stringify(files.map(([file]) => file));
    write(dir, `${unit}/kustomization.yaml`, `namespace: ${unit}\nresources: ${resources}\n`);
    for (const [file, text] of files) write(dir, `${unit}/${file}`, text.replaceAll('unit-1', unit));
  }
}

function filesOf(dir: string): [string, string][] {
  const files = fs.readdirSync(dir).filter((file) => file.endsWith('.yaml'));
  return files.map((file) => [file, fs.readFileSync(path.join(dir, file), 'utf8')]);
}

function write(dir: string, file: string, text: string): void {
  fs.mkdirSync(path.dirname(path.join(dir, file)), { recursive: true });
  fs.writeFileSync(path.join(dir, file), text);
}
