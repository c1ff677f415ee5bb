// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";
import {Governor} from "@openzeppelin/contracts/governance/Governor.sol";
import {GovernorSettings} from "@openzeppelin/contracts/governance/extensions/GovernorSettings.sol";
import {GovernorStorage} from "@openzeppelin/contracts/governance/extensions/GovernorStorage.sol";
import {Time} from "@openzeppelin/contracts/utils/types/Time.sol";
import {TransparentUpgradeableProxy} from "@openzeppelin/contracts/proxy/transparent/TransparentUpgradeableProxy.sol";

// Contracts that stand in for those of Virtuals Protocol, in our own words, as their sources were read: they prove how the
// network's file reads them, and no more.

/// A token that says of which one it is a copy.
contract Copy is ERC20 {
    address public remoteToken;
    address public bridge;

    constructor(address remote, address by) ERC20("Copy", "COPY") {
        (remoteToken, bridge) = (remote, by);
    }

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }
}

/// A proxy of which an admin of its own replaces the code.
contract Proxied is TransparentUpgradeableProxy {
    constructor(address logic, address owner, bytes memory call) TransparentUpgradeableProxy(logic, owner, call) {}
}

/// Locks that fall to nothing, but for those that renew themselves.
contract Escrow is AccessControl {
    struct Lock {
        uint256 amount;
        uint256 start;
        uint256 end;
        uint8 time;
        bool renews;
    }

    bytes32 private constant ADMIN = keccak256("ADMIN_ROLE");
    ERC20 public baseToken;
    uint8 public maxWeeks;
    bool public adminUnlocked;
    mapping(address => Lock[]) private locks;

    event Stake(address indexed user, uint256 id, uint256 amount, uint8 numWeeks);

    function initialize(ERC20 token, address admin) external {
        require(maxWeeks == 0);
        (baseToken, maxWeeks) = (token, 104);
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
        _grantRole(ADMIN, admin);
    }

    function setAdminUnlocked(bool free) external onlyRole(ADMIN) {
        adminUnlocked = free;
    }

    function stake(uint256 amount, uint8 time, bool renews) external {
        baseToken.transferFrom(msg.sender, address(this), amount);
        _lock(msg.sender, amount, renews ? maxWeeks : time, renews);
    }

    function _lock(address who, uint256 amount, uint8 time, bool renews) private {
        locks[who].push(Lock(amount, block.timestamp, block.timestamp + uint256(time) * 1 weeks, time, renews));
        emit Stake(who, locks[who].length, amount, time);
    }

    function withdraw(uint256 place) external {
        Lock memory one = locks[msg.sender][place];
        require(!one.renews && (adminUnlocked || block.timestamp >= one.end));
        locks[msg.sender][place] = locks[msg.sender][locks[msg.sender].length - 1];
        locks[msg.sender].pop();
        baseToken.transfer(msg.sender, one.amount);
    }

    function stakedAmountOf(address who) external view returns (uint256 sum) {
        for (uint256 i = 0; i < locks[who].length; i++) sum += locks[who][i].amount;
    }

    function balanceOf(address who) external view returns (uint256) {
        return balanceOfAt(who, block.timestamp);
    }

    /// Of the locks that there are now, also where they were made after that time.
    function balanceOfAt(address who, uint256 time) public view returns (uint256 sum) {
        for (uint256 i = 0; i < locks[who].length; i++) {
            Lock memory one = locks[who][i];
            uint256 full = one.amount * one.time / maxWeeks;
            if (one.renews) sum += one.amount;
            else if (one.start <= time && time < one.end) sum += full - full * (time - one.start) / (one.end - one.start);
        }
    }
}

/// Three choices are counted, the fourth is written down; of a base that is typed in the quorum is a part, at the end.
contract Parliament is Governor, GovernorSettings, GovernorStorage {
    using Checkpoints for Checkpoints.Trace224;
    using Checkpoints for Checkpoints.Trace208;

    mapping(uint256 => uint256[3]) private counts;
    mapping(uint256 => mapping(address => bool)) private voted;
    Checkpoints.Trace224 private bases;
    address private admin;
    Checkpoints.Trace208 private numerators;
    Escrow private immutable escrow;

    event TotalSupplyUpdated(uint256 oldTotalSupply, uint256 newTotalSupply);
    event QuorumNumeratorUpdated(uint256 oldQuorumNumerator, uint256 newQuorumNumerator);

    constructor(string memory name, Escrow escrow_, address admin_) Governor(name) GovernorSettings(10, 3600, 1) {
        (escrow, admin) = (escrow_, admin_);
        bases.push(0, 0);
        updateQuorumNumerator(2500);
    }

    modifier only() {
        require(msg.sender == admin || msg.sender == address(this) || address(this).code.length == 0);
        _;
    }

    function setAdmin(address other) external only {
        admin = other;
    }

    function setTotalSupply(uint256 base, uint256 time) external only {
        emit TotalSupplyUpdated(latestTotalSupply(), base);
        bases.push(uint32(time), uint224(base));
    }

    function updateQuorumNumerator(uint256 part) public only {
        emit QuorumNumeratorUpdated(quorumNumerator(), part);
        numerators.push(clock(), uint208(part));
    }

    function latestTotalSupply() public view returns (uint256) {
        return bases.latest();
    }

    function pastTotalSupply(uint256 time) public view returns (uint256) {
        return bases.upperLookupRecent(uint32(time));
    }

    function quorumNumerator() public view returns (uint256) {
        return numerators.latest();
    }

    function quorumDenominator() public pure returns (uint256) {
        return 10000;
    }

    function quorum(uint256 time) public view override returns (uint256) {
        return pastTotalSupply(time) * numerators.upperLookupRecent(uint48(time)) / quorumDenominator();
    }

    function clock() public view override returns (uint48) {
        return Time.timestamp();
    }

    function CLOCK_MODE() public pure override returns (string memory) {
        return "mode=timestamp";
    }

    function COUNTING_MODE() public pure override returns (string memory) {
        return "support=bravo&quorum=for,abstain";
    }

    function hasVoted(uint256 id, address who) public view override returns (bool) {
        return voted[id][who];
    }

    function proposalVotes(uint256 id) public view returns (uint256, uint256, uint256) {
        return (counts[id][0], counts[id][1], counts[id][2]);
    }

    function proposalThreshold() public view override(Governor, GovernorSettings) returns (uint256) {
        return super.proposalThreshold();
    }

    function _propose(address[] memory to, uint256[] memory values, bytes[] memory calls, string memory text, address who)
        internal
        override(Governor, GovernorStorage)
        returns (uint256)
    {
        return super._propose(to, values, calls, text, who);
    }

    function _getVotes(address who, uint256 time, bytes memory) internal view override returns (uint256) {
        return escrow.balanceOfAt(who, time);
    }

    function _quorumReached(uint256 id) internal view override returns (bool) {
        return quorum(proposalDeadline(id)) <= counts[id][1] + counts[id][2];
    }

    function _voteSucceeded(uint256 id) internal view override returns (bool) {
        return counts[id][1] > counts[id][0];
    }

    function _countVote(uint256 id, address who, uint8 support, uint256 weight, bytes memory)
        internal
        override
        returns (uint256)
    {
        if (support == 3) return weight;
        require(!voted[id][who]);
        voted[id][who] = true;
        counts[id][support] += weight;
        return weight;
    }
}

/// Agents by number: who founded each, and who owns it.
contract Registry {
    struct Agent {
        address dao;
        address token;
        address founder;
        address account;
        uint8[] cores;
    }

    uint256 public totalSupply;
    mapping(uint256 => Agent) public virtualInfos;
    mapping(uint256 => address) public ownerOf;
    mapping(uint256 => bool) public isBlacklisted;

    function add(address founder, address owner, bool struck) external {
        uint256 number = ++totalSupply;
        virtualInfos[number] = Agent(address(this), address(this), founder, owner, new uint8[](2));
        (ownerOf[number], isBlacklisted[number]) = (owner, struck);
    }
}

/// Jobs of agents, paid in one token.
contract Market is AccessControl {
    struct Job {
        address client;
        uint8 status;
        address provider;
        uint48 expiredAt;
        address evaluator;
        address hook;
        uint256 budget;
        bytes description;
    }

    address public paymentToken;
    address public platformTreasury;
    uint256 public constant platformFeeBP = 500;
    uint256 public jobCounter;
    mapping(uint256 => Job) private jobs;

    event JobCreated(
        uint256 indexed jobId, address indexed client, address indexed provider, address evaluator, uint256 expiredAt, address hook
    );
    event PaymentReleased(uint256 indexed jobId, address indexed provider, uint256 amount);

    function initialize(address token, address admin) external {
        require(paymentToken == address(0));
        (paymentToken, platformTreasury) = (token, admin);
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
    }

    /// A job with a text that is no text.
    function create(address provider) external returns (uint256 job) {
        job = ++jobCounter;
        jobs[job] = Job(msg.sender, 0, provider, 1, address(0), address(0), 9, hex"ff00");
        emit JobCreated(job, msg.sender, provider, address(0), 1, address(0));
    }

    function release(uint256 job, uint256 amount) external {
        emit PaymentReleased(job, jobs[job].provider, amount);
    }

    function getJob(uint256 job) external view returns (Job memory) {
        return jobs[job];
    }
}

/// Payments of any token, with a text.
contract Till is AccessControl {
    function initialize(address admin) external {
        _grantRole(keccak256("ADMIN_ROLE"), admin);
    }

    event PaymentReleased(uint256 indexed jobId, address indexed recipient, uint256 amount, address token, string reason);

    function release(uint256 job, address to, uint256 amount, address token, string calldata why) external {
        emit PaymentReleased(job, to, amount, token, why);
    }
}
