// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {AccessControlEnumerable} from "@openzeppelin/contracts/access/extensions/AccessControlEnumerable.sol";

/// The view functions by which the FET bridge tells its state and its keys, and a swap that locks tokens.
contract Bridge is AccessControlEnumerable {
    IERC20 private immutable token;
    uint256 public getSupply;
    uint256 public getCap = 30_000_000 ether;
    uint256 public getSwapMax = 3_000_000 ether;
    uint256 public getSwapMin = 100 ether;
    uint256 public getSwapFee = 50 ether;
    uint256 public getFeesAccrued;
    uint64 public getNextSwapId;
    uint64 public getRelayEon = 3;
    uint256 public getPausedSinceBlockPublicApi = type(uint128).max;
    uint256 public getPausedSinceBlockRelayerApi = type(uint128).max;
    uint256 public getReverseAggregatedAllowance = 1_000_000 ether;
    uint256 public getReverseAggregatedAllowanceApproverCap = 1_000_000 ether;

    constructor(IERC20 token_, address admin, address relayer, address monitor) {
        token = token_;
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
        _grantRole(keccak256("RELAYER_ROLE"), relayer);
        _grantRole(keccak256("MONITOR_ROLE"), monitor);
    }

    function getToken() external view returns (address) {
        return address(token);
    }

    function swap(uint256 amount) external {
        getSupply += amount;
        getNextSwapId++;
        token.transferFrom(msg.sender, address(this), amount);
    }
}
