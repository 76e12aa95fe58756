// Checks of what is written: made once, however many files a synth writes, and again after a patch.

import { App, Chart, JsonPatch } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import { checkPatched, checkWritten, type Manifest } from '../../lib/common/manifest-checks';
import { chart, validationErrors } from '../lab/synth';

/** A check that remembers what it was shown, and objects to everything. */
function objecting() {
  const shown: (string | undefined)[] = [];
  const check = ({ data }: Manifest): string[] => {
    shown.push(data.key);
    return [`key is ${data.key}`];
  };
  return { shown, check };
}

function configMap(scope: Chart): k8s.KubeConfigMap {
  return new k8s.KubeConfigMap(scope, 'config', { metadata: { name: 'config' }, data: { key: 'made' } });
}

const patch = (value: string): JsonPatch => JsonPatch.replace('/data/key', value);

test('an app with many charts is checked once', () => {
  const app = new App();
  const charts = ['a', 'b', 'c'].map((id) => new Chart(app, id));
  const { shown, check } = objecting();
  checkWritten(charts[0], [configMap(charts[0])], (manifest) => check(manifest).slice(1));
  for (const one of charts) one.toJson();
  expect(shown).toEqual(['made']);
});

test('what was found is found again by the next synth', () => {
  const { check } = objecting();
  const scope = chart();
  checkWritten(scope, [configMap(scope)], check);
  expect(validationErrors(scope)).toEqual(['key is made']);
  expect(validationErrors(scope)).toEqual(['key is made']);
});

test('a patch after a synth is seen by the next, and so is one more', () => {
  const { check } = objecting();
  const scope = chart();
  const object = configMap(scope);
  checkWritten(scope, [object], check);
  validationErrors(scope);
  object.addJsonPatch(patch('patched'));
  expect(validationErrors(scope)).toEqual(['key is patched']);
  object.addJsonPatch(patch('patched again'));
  expect(validationErrors(scope)).toEqual(['key is patched again']);
});

test('what is right as it was made is looked at only when it is patched', () => {
  const { shown, check } = objecting();
  const scope = chart();
  const object = configMap(scope);
  checkPatched(object, check);
  expect(validationErrors(scope)).toEqual([]);
  expect(shown).toEqual([]);
  object.addJsonPatch(patch('patched'));
  expect(validationErrors(scope)).toEqual(['key is patched']);
});

test('two checks of one object both see its patches', () => {
  const { check } = objecting();
  const scope = chart();
  const object = configMap(scope);
  checkPatched(object, check);
  checkWritten(scope, [object], check);
  object.addJsonPatch(patch('patched'));
  expect(validationErrors(scope)).toEqual(['key is patched', 'key is patched']);
});
