// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Governor, IGovernor, IERC165} from "openzeppelin-4/governance/Governor.sol";
import {IVotes} from "openzeppelin-4/governance/utils/IVotes.sol";
import {TimelockController} from "openzeppelin-4/governance/TimelockController.sol";
import {GovernorSettings} from "openzeppelin-4/governance/extensions/GovernorSettings.sol";
import {GovernorCompatibilityBravo} from "openzeppelin-4/governance/compatibility/GovernorCompatibilityBravo.sol";
import {GovernorVotes} from "openzeppelin-4/governance/extensions/GovernorVotes.sol";
import {GovernorVotesQuorumFraction} from "openzeppelin-4/governance/extensions/GovernorVotesQuorumFraction.sol";
import {GovernorTimelockControl} from "openzeppelin-4/governance/extensions/GovernorTimelockControl.sol";

/// Locks whose power decays to nothing at their end, as a vote escrow's do; a block is twelve seconds long here. In our own
/// words, and no more than its interface: nobody can lock twice, or withdraw.
contract Locks is IVotes {
    struct Lock {
        uint256 amount;
        uint256 end;
    }

    uint256 private immutable start = block.timestamp;
    uint256 private immutable first = block.number;
    address[] private holders;
    mapping(address => Lock) public mapLockedBalances;
    uint256 public totalSupply;

    event Deposit(address indexed account, uint256 amount, uint256 locktime, uint8 depositType, uint256 ts);

    function lock(uint256 amount, uint256 duration) external {
        require(mapLockedBalances[msg.sender].amount == 0);
        holders.push(msg.sender);
        mapLockedBalances[msg.sender] = Lock(amount, block.timestamp + duration);
        totalSupply += amount;
        emit Deposit(msg.sender, amount, block.timestamp + duration, 1, block.timestamp);
    }

    /// So many others at once, each with an address of its own from a number on.
    function crowd(uint160 from, uint256 count, uint256 amount, uint256 duration) external {
        for (uint160 i = from; i < from + count; i++) {
            holders.push(address(i));
            mapLockedBalances[address(i)] = Lock(amount + i, block.timestamp + duration);
            totalSupply += amount + i;
            emit Deposit(address(i), amount + i, block.timestamp + duration, 1, block.timestamp);
        }
    }

    function at(address account, uint256 time) private view returns (uint256) {
        Lock memory held = mapLockedBalances[account];
        return held.end > time ? held.amount * (held.end - time) / (4 * 365 days) : 0;
    }

    function balanceOf(address account) external view returns (uint256) {
        return mapLockedBalances[account].amount;
    }

    function getVotes(address account) external view returns (uint256) {
        return at(account, block.timestamp);
    }

    function getPastVotes(address account, uint256 number) external view returns (uint256) {
        return at(account, start + 12 * (number - first));
    }

    function getPastTotalSupply(uint256 number) external view returns (uint256 sum) {
        for (uint256 i = 0; i < holders.length; i++) sum += at(holders[i], start + 12 * (number - first));
    }

    function totalSupplyLocked() external view returns (uint256 sum) {
        for (uint256 i = 0; i < holders.length; i++) sum += at(holders[i], block.timestamp);
    }

    function delegates(address) external pure returns (address) {
        revert();
    }

    function delegate(address) external pure {
        revert();
    }

    function delegateBySig(address, uint256, uint256, uint8, bytes32, bytes32) external pure {
        revert();
    }
}

/// OpenZeppelin's governor of 4.8.3 in the ways of Compound: For alone makes the quorum.
contract ForAlone is
    Governor,
    GovernorSettings,
    GovernorCompatibilityBravo,
    GovernorVotes,
    GovernorVotesQuorumFraction,
    GovernorTimelockControl
{
    constructor(IVotes token, TimelockController timelock)
        Governor("For alone")
        GovernorSettings(2, 60, 1)
        GovernorVotes(token)
        GovernorVotesQuorumFraction(3)
        GovernorTimelockControl(timelock)
    {}

    function state(uint256 id) public view override(IGovernor, Governor, GovernorTimelockControl) returns (ProposalState) {
        return super.state(id);
    }

    function propose(address[] memory targets, uint256[] memory values, bytes[] memory calls, string memory text)
        public
        override(IGovernor, Governor, GovernorCompatibilityBravo)
        returns (uint256)
    {
        return super.propose(targets, values, calls, text);
    }

    function proposalThreshold() public view override(Governor, GovernorSettings) returns (uint256) {
        return super.proposalThreshold();
    }

    function _execute(uint256 id, address[] memory targets, uint256[] memory values, bytes[] memory calls, bytes32 hash)
        internal
        override(Governor, GovernorTimelockControl)
    {
        super._execute(id, targets, values, calls, hash);
    }

    function _cancel(address[] memory targets, uint256[] memory values, bytes[] memory calls, bytes32 hash)
        internal
        override(Governor, GovernorTimelockControl)
        returns (uint256)
    {
        return super._cancel(targets, values, calls, hash);
    }

    function _executor() internal view override(Governor, GovernorTimelockControl) returns (address) {
        return super._executor();
    }

    function supportsInterface(bytes4 id) public view override(Governor, GovernorTimelockControl, IERC165) returns (bool) {
        return super.supportsInterface(id);
    }
}
