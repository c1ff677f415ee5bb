// Asks a node's runtime by @polkadot/api: a second opinion on what our reader decodes. Prints one JSON object.
import { ApiPromise, WsProvider } from '@polkadot/api';

const [address, account] = process.argv.slice(2);
const provider = new WsProvider(address);
const api = await ApiPromise.create({ provider, noInitWarn: true });
const call = api.call;
const answers = {
  AuraApi_authorities: await call.auraApi.authorities(),
  GrandpaApi_grandpa_authorities: await call.grandpaApi.grandpaAuthorities(),
  GrandpaApi_current_set_id: await call.grandpaApi.currentSetId(),
  AuraApi_slot_duration: await call.auraApi.slotDuration(),
  AccountNonceApi_account_nonce: await call.accountNonceApi.accountNonce(account),
  SubnetRegistrationRuntimeApi_get_network_registration_cost:
    await call.subnetRegistrationRuntimeApi.getNetworkRegistrationCost(),
  DelegateInfoRuntimeApi_get_delegates: await call.delegateInfoRuntimeApi.getDelegates(),
  SubnetInfoRuntimeApi_get_subnets_info_v2: await call.subnetInfoRuntimeApi.getSubnetsInfoV2(),
  TransactionPaymentApi_query_weight_to_fee:
    await call.transactionPaymentApi.queryWeightToFee({ refTime: 1000000, proofSize: 5 }),
};
const plain = Object.entries(answers).map(([name, answer]) => [name, answer.toJSON()]);
console.log(JSON.stringify(Object.fromEntries(plain)));
await api.disconnect();
