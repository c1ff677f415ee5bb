// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";

/// Stand-ins of our own for contracts that are in no package: what they answer, in the shapes of both their versions.

abstract contract Versioned is AccessControl {
    uint256 public version = 1;

    /// Not when it is made: events of before are not moved with a contract.
    function begin(address admin) external {
        _grantRole(DEFAULT_ADMIN_ROLE, msg.sender);
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
    }

    /// Grants and revokes in turns, so many times; the first grants.
    function flip(bytes32 role, address account, uint256 times) external {
        for (uint256 i = 0; i < times; i++) {
            if (i % 2 == 0) _grantRole(role, account);
            else _revokeRole(role, account);
        }
    }

    function upgrade(uint256 to) external {
        version = to;
    }

    /// Answers with bytes as they are.
    function _answer(bytes memory told) internal pure {
        assembly {
            return(add(told, 32), mload(told))
        }
    }
}

contract Vault is Versioned {}

/// Who has how many shares of what; a crowd of whom account n is n times 2^96 and has n % 1000 + id of each entity.
contract Stakes is Versioned {
    uint256 public minStakeAmount = 10;
    uint256 public inactiveStakersListCount = 1;
    uint256 public crowd;
    address[] stakers;
    mapping(address => mapping(uint256 => uint256)) shares;

    function put(address staker, uint256 id, uint256 amount) external {
        if (shares[staker][id] == 0 && amount > 0) stakers.push(staker);
        shares[staker][id] = amount;
    }

    /// Without a place in the list.
    function change(address staker, uint256 id, uint256 amount) external {
        shares[staker][id] = amount;
    }

    function gather(uint256 n) external {
        crowd = n;
    }

    function activeStakersListCount() public view returns (uint256) {
        return crowd > 0 ? crowd : stakers.length;
    }

    function activeStakersListValues(uint256 from, uint256 to) external view returns (address[] memory found) {
        if (to > activeStakersListCount()) to = activeStakersListCount();
        found = new address[](to - from);
        for (uint256 i = from; i < to; i++) found[i - from] = crowd > 0 ? address(uint160((i + 1) << 96)) : stakers[i];
    }

    function stakerEntities(address staker, uint256 id) external view {
        uint256 held = crowd > 0 ? (uint256(uint160(staker)) >> 96) % 1000 + id : shares[staker][id];
        if (version == 1) _answer(abi.encode(held));
        _answer(abi.encode(held, 11, 12, 13, 14));
    }

    function bondingPeriod() external view returns (uint256) {
        require(version > 1);
        return 86400;
    }
}

contract Entities is Versioned {
    struct First {
        uint256 id;
        address owner;
        uint8 status;
        string name;
        uint256 most;
        uint256 locked;
        uint256 pool;
        uint256 shares;
        uint256 updated;
    }

    struct Later {
        uint256 id;
        address owner;
        uint8 status;
        string name;
        uint256 most;
        uint256 locked;
        uint256 pool;
        uint256 shares;
        uint256 updated;
        uint256 distributed;
    }

    uint256 public entitiesCount;
    mapping(uint256 => First) known;

    function put(uint256 id, bytes calldata name, uint256 pool, uint256 shares) external {
        if (id > entitiesCount) entitiesCount = id;
        known[id] = First(id, msg.sender, 1, string(name), 600, 7, pool, shares, 1700000000);
    }

    function entities(uint256 id) external view {
        First memory one = known[id];
        if (version == 1) _answer(abi.encode(one));
        _answer(
            abi.encode(
                Later(
                    one.id, one.owner, one.status, one.name, one.most, one.locked, one.pool, one.shares, one.updated, 99
                )
            )
        );
    }
}

contract Registry is Versioned {
    struct Pool {
        uint256 id;
        address dlp;
        address owner;
        address token;
        address treasury;
        string name;
        string icon;
        string website;
        string metadata;
        uint256 block_;
        uint256 deposit;
        uint8 status;
        uint256 lp;
        uint256 verified;
    }

    uint256 public dlpsCount;
    mapping(uint256 => Pool) known;

    function put(bytes calldata name, address owner, uint8 status) external {
        uint256 id = ++dlpsCount;
        uint256 verified = status != 2 ? 0 : version == 1 ? 1 : block.number;
        known[id] = Pool(
            id, owner, owner, address(0), owner, string(name), "", "", string(name), block.number, 1, status, 0, verified
        );
    }

    function dlps(uint256 id) external view returns (Pool memory) {
        return known[id];
    }
}

/// Rewards as they were written, and the contract that pays them in one.
contract Epochs is Versioned {
    struct Epoch {
        uint256 first;
        uint256 last;
        uint256 reward;
        bool closed;
    }

    event EpochDlpRewardDistributed(
        uint256 indexed epochId,
        uint256 indexed dlpId,
        uint256 indexed trancheId,
        uint256 trancheAmount,
        uint256 tokenRewardAmount,
        uint256 spareToken,
        uint256 spareVana,
        uint256 usedVanaAmount
    );

    uint256 public epochRewardAmount = 1000;
    uint256 public epochsCount;
    mapping(uint256 => Epoch) public epochs;
    mapping(uint256 => uint256[]) dlps;
    mapping(uint256 => mapping(uint256 => uint256[3])) written;

    function put(uint256 id, uint256 reward, bool closed) external {
        if (id > epochsCount) epochsCount = id;
        epochs[id] = Epoch(id * 10, id * 10 + 9, reward, closed);
    }

    function write(uint256 id, uint256 dlp, uint256 reward, uint256 penalty, uint256 bonus) external {
        dlps[id].push(dlp);
        written[id][dlp] = [reward, penalty, bonus];
    }

    function epochDlpIds(uint256 id) external view returns (uint256[] memory) {
        return dlps[id];
    }

    function epochDlps(uint256 id, uint256 dlp) external view {
        uint256[3] memory one = written[id][dlp];
        if (version == 1) _answer(abi.encode(true, one[0]));
        _answer(abi.encode(true, one[0], one[1], one[2], 50, 1));
    }

    function pay(uint256 id, uint256 dlp, uint256 tranche, uint256 amount, uint256 used) external {
        emit EpochDlpRewardDistributed(id, dlp, tranche, amount, 5, 0, amount - used, used);
    }
}

contract Deposits {
    struct Validator {
        bool isAllowed;
        bool hasDeposit;
    }

    event AllowedValidatorsAdded(bytes validatorPublicKey);
    event AllowedValidatorsRemoved(bytes validatorPublicKey);
    event DepositEvent(bytes pubkey, bytes withdrawal_credentials, bytes amount, bytes signature, bytes index);

    address public owner = msg.sender;
    bool public restricted = true;
    uint256 public minDepositAmount = 35000 ether;
    uint256 public maxDepositAmount = 35000 ether;
    uint64 count;
    mapping(bytes => Validator) public validators;

    function allow(bytes calldata key) external {
        validators[key].isAllowed = true;
        emit AllowedValidatorsAdded(key);
    }

    function refuse(bytes calldata key) external {
        validators[key].isAllowed = false;
        emit AllowedValidatorsRemoved(key);
    }

    function deposit(bytes calldata key, bytes calldata credentials) external {
        require(!restricted || validators[key].isAllowed);
        validators[key].hasDeposit = true;
        emit DepositEvent(key, credentials, hex"00", hex"00", hex"00");
        count++;
    }

    function open(bool to) external {
        restricted = !to;
    }

    function get_deposit_count() external view returns (bytes memory told) {
        told = new bytes(8);
        told[0] = bytes1(uint8(count));
    }
}
