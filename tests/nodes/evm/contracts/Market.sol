// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// Services, trackers and votes in our own words, as the sources of Olas were read.

contract Services {
    struct Service {
        uint96 securityDeposit;
        address multisig;
        bytes32 configHash;
        uint32 threshold;
        uint32 maxNumAgentInstances;
        uint32 numAgentInstances;
        uint8 state;
        uint32[] agentIds;
    }

    Service[] private services;
    address[] private owners;

    function made(address owner, address multisig, uint8 state) external {
        Service storage one = services.push();
        (one.multisig, one.state, one.numAgentInstances) = (multisig, state, 2);
        one.agentIds.push(7);
        owners.push(owner);
    }

    function totalSupply() external view returns (uint256) {
        return services.length;
    }

    function ownerOf(uint256 number) external view returns (address) {
        return owners[number - 1];
    }

    function getService(uint256 number) external view returns (Service memory) {
        return services[number - 1];
    }
}

/// A staking program: who staked a service, with one word more than old programs tell.
contract Program {
    struct Info {
        address multisig;
        address owner;
        uint256[] nonces;
        uint256 tsStart;
        uint256 reward;
        uint256 inactivity;
        uint256 more;
    }

    mapping(uint256 => Info) private staked;

    function stake(uint256 number, address multisig, address owner) external {
        Info storage one = staked[number];
        (one.multisig, one.owner, one.more) = (multisig, owner, 9);
        one.nonces.push(1);
    }

    function getServiceInfo(uint256 number) external view returns (Info memory) {
        return staked[number];
    }
}

contract Tracker {
    address public immutable mechMarketplace;
    address public immutable token;
    mapping(address => uint256) public mapMechBalances;

    event MechBalanceAdjusted(address indexed mech, uint256 deliveryRate, uint256 balance, uint256 rateDiff);
    event RequesterBalanceAdjusted(address indexed requester, uint256 deliveryRate, uint256 balance);

    constructor(address marketplace, address token_) {
        (mechMarketplace, token) = (marketplace, token_);
    }

    function deliver(address mech, address requester, uint256 rate) external {
        emit RequesterBalanceAdjusted(requester, rate, 0);
        mapMechBalances[mech] += rate;
        emit MechBalanceAdjusted(mech, rate, mapMechBalances[mech], 0);
    }

    function ask(address requester, uint256 rate) external {
        emit RequesterBalanceAdjusted(requester, rate, 0);
    }

    function pay(address mech) external {
        mapMechBalances[mech] = 0;
    }
}

/// Votes for programs, each a slope that decays until its end; the sum is kept by slopes, not by votes.
contract Weighing {
    struct Nominee {
        bytes32 account;
        uint256 chainId;
    }

    struct Slope {
        uint256 slope;
        uint256 power;
        uint256 end;
    }

    uint256 private constant WEEK = 604_800;
    Nominee[] private nominees;
    mapping(address => mapping(bytes32 => Slope)) public voteUserSlopes;
    mapping(bytes32 => Slope[]) private votes;

    event VoteForNominee(
        address indexed user, bytes32 indexed nominee, uint256 chainId, uint256 weight, uint256 powerUsed
    );

    constructor() {
        nominees.push(Nominee(0, 0));
    }

    function add(bytes32 account, uint256 chainId) external {
        nominees.push(Nominee(account, chainId));
    }

    function removeLast() external {
        nominees.pop();
    }

    function vote(bytes32 account, uint256 chainId, uint256 slope, uint256 end) external {
        bytes32 key = keccak256(abi.encode(Nominee(account, chainId)));
        voteUserSlopes[msg.sender][key] = Slope(slope, 10_000, end);
        votes[key].push(Slope(slope, 10_000, end));
        emit VoteForNominee(msg.sender, account, chainId, 10_000, 10_000);
    }

    function getAllNominees() external view returns (Nominee[] memory) {
        return nominees;
    }

    function nomineeRelativeWeight(bytes32 account, uint256 chainId, uint256 time)
        external
        view
        returns (uint256 weight, uint256 sum)
    {
        for (uint256 i = 1; i < nominees.length; i++) sum += _weight(keccak256(abi.encode(nominees[i])), time / WEEK * WEEK);
        if (sum > 0) weight = 1e18 * _weight(keccak256(abi.encode(Nominee(account, chainId))), time / WEEK * WEEK) / sum;
    }

    function _weight(bytes32 key, uint256 week) private view returns (uint256 weight) {
        for (uint256 i = 0; i < votes[key].length; i++) {
            if (votes[key][i].end > week) weight += votes[key][i].slope * (votes[key][i].end - week);
        }
    }
}

/// What a dispenser writes down of claims.
contract Dispensing {
    event IncentivesClaimed(address indexed owner, uint256 reward, uint256 topUp, uint256[] unitTypes, uint256[] unitIds);
    event StakingIncentivesClaimed(
        address indexed account,
        uint256 chainId,
        bytes32 stakingTarget,
        uint256 stakingIncentive,
        uint256 transferAmount,
        uint256 returnAmount
    );
    event StakingIncentivesBatchClaimed(
        address indexed account,
        uint256[] chainIds,
        bytes32[][] stakingTargets,
        uint256[][] stakingIncentives,
        uint256 totalStakingIncentive,
        uint256 totalTransferAmount,
        uint256 totalReturnAmount
    );

    function developed(address owner, uint256 topUp) external {
        emit IncentivesClaimed(owner, 1 ether, topUp, new uint256[](2), new uint256[](2));
    }

    function staked(uint256 chain, bytes32 target, uint256 amount) external {
        emit StakingIncentivesClaimed(msg.sender, chain, target, amount, amount, 3);
    }

    function stakedMany(uint256[] calldata chains, bytes32[][] calldata targets, uint256[][] calldata amounts) external {
        emit StakingIncentivesBatchClaimed(msg.sender, chains, targets, amounts, 1, 2, 3);
    }
}
