// Checks of written manifests run once for a synth of many files, and again after a patch.

import { App, Chart, JsonPatch } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import { checkPatched, checkWritten, type Manifest } from '../../lib/common/manifest-checks';
import { chart, validationErrors } from '../lab/synth';

/** A check that records its input, and always finds a problem. */
function failingCheck() {
  const seen: (string | undefined)[] = [];
  const check = ({ data }: Manifest): string[] => {
    seen.push(data.key);
    return [`key is ${data.key}`];
  };
  return { seen, check };
}

function configMap(scope: Chart): k8s.KubeConfigMap {
  return new k8s.KubeConfigMap(scope, 'config', { metadata: { name: 'config' }, data: { key: 'made' } });
}

const patch = (value: string): JsonPatch => JsonPatch.replace('/data/key', value);

test('an app with many charts is checked once', () => {
  const app = new App();
  const charts = ['a', 'b', 'c'].map((id) => new Chart(app, id));
  const { seen, check } = failingCheck();
  checkWritten(charts[0], [configMap(charts[0])], (manifest) => check(manifest).slice(1));
  for (const one of charts) one.toJson();
  expect(seen).toEqual(['made']);
});

test('a problem is reported again by the next synth', () => {
  const { check } = failingCheck();
  const scope = chart();
  checkWritten(scope, [configMap(scope)], check);
  expect(validationErrors(scope)).toEqual(['key is made']);
  expect(validationErrors(scope)).toEqual(['key is made']);
});

test('patches after a synth are checked by the next one', () => {
  const { check } = failingCheck();
  const scope = chart();
  const object = configMap(scope);
  checkWritten(scope, [object], check);
  validationErrors(scope);
  object.addJsonPatch(patch('patched'));
  expect(validationErrors(scope)).toEqual(['key is patched']);
  object.addJsonPatch(patch('patched again'));
  expect(validationErrors(scope)).toEqual(['key is patched again']);
});

test('checkPatched runs only after a patch', () => {
  const { seen, check } = failingCheck();
  const scope = chart();
  const object = configMap(scope);
  checkPatched(object, check);
  expect(validationErrors(scope)).toEqual([]);
  expect(seen).toEqual([]);
  object.addJsonPatch(patch('patched'));
  expect(validationErrors(scope)).toEqual(['key is patched']);
});

test('two checks of one object both see its patches', () => {
  const { check } = failingCheck();
  const scope = chart();
  const object = configMap(scope);
  checkPatched(object, check);
  checkWritten(scope, [object], check);
  object.addJsonPatch(patch('patched'));
  expect(validationErrors(scope)).toEqual(['key is patched', 'key is patched']);
});
