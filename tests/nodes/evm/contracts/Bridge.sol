// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {AccessControlEnumerable} from "@openzeppelin/contracts/access/extensions/AccessControlEnumerable.sol";

interface Mintable is IERC20 {
    function mint(address to, uint256 amount) external;
}

/// The roles of the FET bridge and what each of them can do, with the view functions by which it tells its state; in our
/// own words, since its source is in no registry of packages.
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

    function mint(uint256 amount) external onlyRole(DEFAULT_ADMIN_ROLE) {
        Mintable(address(token)).mint(address(this), amount);
    }

    function withdraw(address to, uint256 amount) external onlyRole(DEFAULT_ADMIN_ROLE) {
        token.transfer(to, amount);
    }

    function setCap(uint256 value) external onlyRole(DEFAULT_ADMIN_ROLE) {
        getCap = value;
    }

    function reverseSwap(address to, uint256 amount) external onlyRole(keccak256("RELAYER_ROLE")) {
        token.transfer(to, amount);
    }

    function pausePublicApiSince(uint256 blockNumber) external either(keccak256("MONITOR_ROLE")) {
        getPausedSinceBlockPublicApi = blockNumber;
    }

    function setReverseAggregatedAllowance(uint256 value) external either(keccak256("APPROVER_ROLE")) {
        getReverseAggregatedAllowance = value;
    }

    modifier either(bytes32 role) {
        require(hasRole(role, msg.sender) || hasRole(DEFAULT_ADMIN_ROLE, msg.sender));
        _;
    }
}
