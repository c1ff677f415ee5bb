// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Governor} from "@openzeppelin/contracts/governance/Governor.sol";
import {GovernorSettings} from "@openzeppelin/contracts/governance/extensions/GovernorSettings.sol";
import {GovernorCountingSimple} from "@openzeppelin/contracts/governance/extensions/GovernorCountingSimple.sol";
import {Time} from "@openzeppelin/contracts/utils/types/Time.sol";

/// A governor whose quorum is a part of a number that a key types in, looked up at the end of the vote; a fourth choice is
/// written down and not counted. In our own words, as its source was read.
contract Typed is Governor, GovernorSettings, GovernorCountingSimple {
    IERC20 private immutable token;
    uint48[] private times;
    uint256[] private bases;

    event TotalSupplyUpdated(uint256 oldTotalSupply, uint256 newTotalSupply);

    constructor(IERC20 token_) Governor("Typed") GovernorSettings(10, 3600, 1) {
        token = token_;
    }

    function setTotalSupply(uint256 base, uint48 time) external {
        emit TotalSupplyUpdated(pastTotalSupply(type(uint48).max), base);
        times.push(time);
        bases.push(base);
    }

    function pastTotalSupply(uint256 time) public view returns (uint256 base) {
        for (uint256 i = 0; i < times.length && times[i] <= time; i++) base = bases[i];
    }

    function quorum(uint256 time) public view override returns (uint256) {
        return pastTotalSupply(time) * 2500 / 10000;
    }

    function quorumNumerator() external pure returns (uint256) {
        return 2500;
    }

    function quorumDenominator() external pure returns (uint256) {
        return 10000;
    }

    function clock() public view override returns (uint48) {
        return Time.timestamp();
    }

    function CLOCK_MODE() public pure override returns (string memory) {
        return "mode=timestamp";
    }

    function proposalThreshold() public view override(Governor, GovernorSettings) returns (uint256) {
        return super.proposalThreshold();
    }

    function _getVotes(address account, uint256, bytes memory) internal view override returns (uint256) {
        return token.balanceOf(account);
    }

    function _quorumReached(uint256 id) internal view override(Governor, GovernorCountingSimple) returns (bool) {
        (, uint256 yes, uint256 abstain) = proposalVotes(id);
        return quorum(proposalDeadline(id)) <= yes + abstain;
    }

    function _countVote(uint256 id, address account, uint8 support, uint256 weight, bytes memory params)
        internal
        override(Governor, GovernorCountingSimple)
        returns (uint256)
    {
        return support == 3 ? weight : super._countVote(id, account, support, weight, params);
    }
}
