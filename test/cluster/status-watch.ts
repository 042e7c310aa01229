import { KubeConfig } from '@kubernetes/client-node';
import { apiVersion } from '../../operator/api/names.ts';
import { statusChecker } from '../kstatus.ts';
import { follow, type RawObject } from './follow.ts';

/**
 * Checks each status that is written to an object of either kind in any namespace, whoever looks at it: no test can forget to.
 * Disposing of it ends it.
 * @throws in the disposal, with what was wrong with which object.
 */
export function watchStatuses(kubeconfig: string): AsyncDisposable {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromFile(kubeconfig);
  const closing = new AbortController();
  const faults = new Set<string>();
  const follows = ['dccservers', 'unsubscriptionrequests'].map((plural) => {
    let faultsOf = statusChecker();
    const note = (_: string, object: RawObject) => {
      const { namespace, name } = object.metadata;
      for (const fault of faultsOf(object)) faults.add(`${object.kind} ${namespace}/${name}: ${fault}`);
    };
    const forget = () => {
      faultsOf = statusChecker();
    };
    return follow(kubeConfig, `/apis/${apiVersion}/${plural}`, note, closing.signal, forget);
  });
  return {
    [Symbol.asyncDispose]: async () => {
      closing.abort();
      await Promise.all(follows);
      if (faults.size > 0) throw new Error(['statuses that break the rules of kstatus:', ...faults].join('\n'));
    },
  };
}
