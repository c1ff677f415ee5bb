// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {TransparentUpgradeableProxy} from "@openzeppelin/contracts/proxy/transparent/TransparentUpgradeableProxy.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";

/// An owned contract that can be paused.
contract Owned is Ownable, Pausable {
    constructor(address owner) Ownable(owner) {}

    function pause() external onlyOwner {
        _pause();
    }
}

/// The same behind a proxy whose code an admin can replace.
contract Upgradeable is TransparentUpgradeableProxy {
    constructor(address logic, address admin) TransparentUpgradeableProxy(logic, admin, abi.encodeCall(Ownable.owner, ())) {}
}
