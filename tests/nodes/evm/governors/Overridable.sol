// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IERC5805} from "@openzeppelin/contracts/interfaces/IERC5805.sol";
import {Governor} from "@openzeppelin/contracts/governance/Governor.sol";
import {GovernorSettings} from "@openzeppelin/contracts/governance/extensions/GovernorSettings.sol";
import {GovernorVotes} from "@openzeppelin/contracts/governance/extensions/GovernorVotes.sol";
import {GovernorVotesQuorumFraction} from "@openzeppelin/contracts/governance/extensions/GovernorVotesQuorumFraction.sol";

/// Stake that is bonded to oneself or to another, by rounds; who keeps his own votes with all that is with him, and everybody
/// else with her own. In our own words, as its source was read, and no more: nobody bonds twice, and the past is as today.
contract Bonds is IERC5805 {
    uint48 public clock = 1;
    uint256 private all;
    mapping(address => uint256) private own;
    mapping(address => uint256) private withHim;
    mapping(address => address) private delegate_;

    error FutureLookup(uint256 round, uint256 now_);

    function nextRound() external {
        clock++;
    }

    function bond(address to, uint256 amount) external {
        require(delegate_[msg.sender] == address(0));
        delegate_[msg.sender] = to;
        own[msg.sender] = amount;
        withHim[to] += amount;
        all += amount;
    }

    function CLOCK_MODE() external pure returns (string memory) {
        return "mode=livepeer_round";
    }

    function getVotes(address account) public view returns (uint256) {
        return delegate_[account] == account ? withHim[account] : own[account];
    }

    function getPastVotes(address account, uint256 round) external view returns (uint256) {
        known(round);
        return getVotes(account);
    }

    function getPastTotalSupply(uint256 round) external view returns (uint256) {
        known(round);
        return all;
    }

    function totalSupply() external view returns (uint256) {
        return all;
    }

    function delegates(address account) external view returns (address) {
        return delegate_[account];
    }

    function delegatedAt(address account, uint256 round) external view returns (address) {
        known(round);
        return delegate_[account];
    }

    function known(uint256 round) private view {
        if (round > clock) revert FutureLookup(round, clock);
    }

    function delegate(address) external pure {
        revert();
    }

    function delegateBySig(address, uint256, uint256, uint8, bytes32, bytes32) external pure {
        revert();
    }
}

/// A governor where all three options make the quorum, a part of Yes and No is enough, and a vote is taken from that of the
/// delegate with whom its power was. In our own words, as its source was read.
contract Overridable is Governor, GovernorSettings, GovernorVotes, GovernorVotesQuorumFraction {
    struct Ballot {
        bool voted;
        uint8 support;
        uint256 taken;
    }

    uint256 public constant quota = 500000;
    mapping(uint256 => uint256[3]) private tallies;
    mapping(uint256 => mapping(address => Ballot)) private ballots;

    constructor(Bonds bonds)
        Governor("Overridable")
        GovernorSettings(1, 10, 100)
        GovernorVotes(bonds)
        GovernorVotesQuorumFraction(333300)
    {}

    function votes() public view returns (Bonds) {
        return Bonds(address(token()));
    }

    function COUNTING_MODE() external pure returns (string memory) {
        return "support=bravo&quorum=for,abstain,against";
    }

    function quorumDenominator() public pure override returns (uint256) {
        return 1000000;
    }

    function proposalThreshold() public view override(Governor, GovernorSettings) returns (uint256) {
        return super.proposalThreshold();
    }

    function hasVoted(uint256 id, address account) external view returns (bool) {
        return ballots[id][account].voted;
    }

    function proposalVotes(uint256 id) public view returns (uint256, uint256, uint256) {
        return (tallies[id][0], tallies[id][1], tallies[id][2]);
    }

    function _quorumReached(uint256 id) internal view override returns (bool) {
        (uint256 no, uint256 yes, uint256 abstain) = proposalVotes(id);
        return no + yes + abstain >= quorum(proposalSnapshot(id));
    }

    function _voteSucceeded(uint256 id) internal view override returns (bool) {
        (uint256 no, uint256 yes,) = proposalVotes(id);
        return yes >= (no + yes) * quota / 1000000;
    }

    function _countVote(uint256 id, address account, uint8 support, uint256 weight, bytes memory)
        internal
        override
        returns (uint256)
    {
        Ballot storage ballot = ballots[id][account];
        require(support < 3 && !ballot.voted);
        ballot.voted = true;
        ballot.support = support;
        address delegate = votes().delegatedAt(account, proposalSnapshot(id));
        if (delegate == account) {
            tallies[id][support] += weight - ballot.taken;
        } else {
            tallies[id][support] += weight;
            if (votes().delegatedAt(delegate, proposalSnapshot(id)) == delegate) {
                ballots[id][delegate].taken += weight;
                if (ballots[id][delegate].voted) tallies[id][ballots[id][delegate].support] -= weight;
            }
        }
        // The event tells all power that there is, also what is taken from it.
        return weight;
    }
}
