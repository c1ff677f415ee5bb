// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";

/// OpenZeppelin's timelock: its roles exist and are not listed.
contract Delay is TimelockController {
    constructor(uint256 delay, address[] memory proposers) TimelockController(delay, proposers, proposers, address(0)) {}
}
