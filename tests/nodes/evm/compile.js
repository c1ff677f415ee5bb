// Compiles the *.sol of a folder (contracts) with the npm solc and prints {contract: {abi, bytecode, runtime}} as JSON.
const fs = require('fs');
const path = require('path');
const solc = require('solc');

const folder = path.join(__dirname, process.argv[2] || 'contracts');
const files = fs.readdirSync(folder).filter((name) => name.endsWith('.sol'));
const sources = Object.fromEntries(files.map((name) => [name, { content: fs.readFileSync(path.join(folder, name), 'utf8') }]));
const settings = {
  // Governors are long, and compile in a third of the time as they stand.
  optimizer: { enabled: !['governors', 'virtuals'].includes(process.argv[2]), runs: 200 },
  evmVersion: 'cancun',
  outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object', 'evm.deployedBytecode.object'] } },
};
const found = (name) => ({ contents: fs.readFileSync(path.join(__dirname, 'node_modules', name), 'utf8') });
const output = JSON.parse(solc.compile(JSON.stringify({ language: 'Solidity', sources, settings }), { import: found }));
const errors = (output.errors || []).filter((error) => error.severity === 'error');
if (errors.length) {
  console.error(errors.map((error) => error.formattedMessage).join('\n'));
  process.exit(1);
}
const contracts = {};
for (const name of Object.keys(output.contracts)) {
  for (const [contract, { abi, evm }] of Object.entries(output.contracts[name])) {
    contracts[contract] = { abi, bytecode: '0x' + evm.bytecode.object, runtime: '0x' + evm.deployedBytecode.object };
  }
}
console.log(JSON.stringify(contracts));
