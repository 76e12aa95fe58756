// Prints what the schema of the Prometheus operator refuses of the objects on standard input. The package is an ES module, which
// Jest does not load.

import { PrometheusRule } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PrometheusRule';
import { ScrapeConfig } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1alpha1/ScrapeConfig';

const KINDS = { PrometheusRule, ScrapeConfig };

let text = '';
for await (const chunk of process.stdin) text += chunk;
for (const object of JSON.parse(text)) {
  try {
    new KINDS[object.kind](object).validate();
  } catch ({ message }) {
    console.log(`${object.kind} ${object.metadata.name}: ${message}`);
  }
}
