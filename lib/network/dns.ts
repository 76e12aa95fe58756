// The egress rule of every pod that resolves names.

import { k8s } from 'cdk8s-plus-27';

/** Name servers, anywhere: clusters run them in pods or on the nodes. */
export const DNS: k8s.NetworkPolicyEgressRule = {
  ports: ['UDP', 'TCP'].map((protocol) => ({ protocol, port: k8s.IntOrString.fromNumber(53) })),
};
