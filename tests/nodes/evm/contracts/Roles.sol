// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";

/// Roles that are not listed, of which one account's changes many times in one transaction.
contract Roles is AccessControl {
    constructor() {
        _grantRole(DEFAULT_ADMIN_ROLE, msg.sender);
    }

    /// Grants and revokes in turns, so many times; the first grants.
    function flip(bytes32 role, address account, uint256 times) external onlyRole(DEFAULT_ADMIN_ROLE) {
        for (uint256 i = 0; i < times; i++) {
            if (i % 2 == 0) _grantRole(role, account);
            else _revokeRole(role, account);
        }
    }

    function setAdmin(bytes32 role, bytes32 admin) external onlyRole(DEFAULT_ADMIN_ROLE) {
        _setRoleAdmin(role, admin);
    }
}
