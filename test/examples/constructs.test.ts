// The app with the snippets of docs/constructs.md.

import * as path from 'node:path';
import { problemsOf } from '../lab/kubernetes-schema';
import { Lab } from '../lab/lab';
import { danglingPorts, objectsIn, ROOT, synthesize } from '../lab/synthesized';

/** A resource of an operator, which the schema of Kubernetes does not have. */
const FOREIGN = 'PrometheusRule';

let files: Record<string, string>;
beforeAll(async () => {
  const lab = new Lab();
  files = synthesize(path.join(ROOT, 'examples/constructs'), path.join(lab.dir, 'dist'));
  await lab.close();
});

test('every construct has an example with objects that are valid for Kubernetes 1.27', () => {
  const objects = objectsIn(files);

  expect(objects.filter(({ kind }) => kind !== FOREIGN).flatMap(problemsOf)).toEqual([]);
  for (const text of Object.values(files)) expect(danglingPorts(objectsIn({ 'one.yaml': text }))).toEqual([]);
  expect(Object.keys(files)).toMatchSnapshot();
});

test('the changes of the escape hatches are in the output', () => {
  const [statefulSet] = objectsIn({ 'redis.yaml': files['open-30-redis.k8s.yaml'] }).filter(
    ({ kind }) => kind === 'StatefulSet',
  );
  expect(statefulSet.spec.minReadySeconds).toBe(10);
  expect(Object.keys(statefulSet.spec.template.spec.securityContext)).not.toContain('runAsUser');
  expect(files['open-30-redis.k8s.yaml'].match(/example.net\/monitored: "?yes"?/g)).toHaveLength(3);
  expect(files['open-60-monitoring.k8s.yaml']).toContain(`kind: ${FOREIGN}`);
});
