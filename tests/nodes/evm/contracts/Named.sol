// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// A contract that says nothing of who can change it.
contract Bare {}

/// A contract that names those who can change it in words of its own.
contract Named {
    address public minter;
    address public manager;
    address public governor;
    address public timelock;
    address public controller;

    constructor(address minter_, address manager_, address governor_, address timelock_, address controller_) {
        (minter, manager, governor, timelock, controller) = (minter_, manager_, governor_, timelock_, controller_);
    }
}
