// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// A guard between a multisig and a timelock, in our own words, as the source of Olas' GuardCM was read: it permits
/// pairs of contract and function on a chain, and has no list of them.
contract Limits {
    address public immutable owner;
    address public immutable multisig;
    address public governor;
    uint8 public paused = 1;
    uint256 public governorCheckProposalId = 7;
    mapping(uint256 => bool) public mapAllowedTargetSelectorChainIds;

    event GovernorUpdated(address indexed governor);
    event SetTargetSelectors(address[] indexed targets, bytes4[] indexed selectors, uint256[] chainIds, bool[] statuses);

    constructor(address owner_, address multisig_, address governor_) {
        (owner, multisig, governor) = (owner_, multisig_, governor_);
    }

    function setTargetSelectorChainIds(
        address[] memory targets,
        bytes4[] memory selectors,
        uint256[] memory chainIds,
        bool[] memory statuses
    ) external {
        for (uint256 i = 0; i < targets.length; i++) {
            uint256 key = uint256(uint160(targets[i])) | (uint256(uint32(selectors[i])) << 160) | (chainIds[i] << 192);
            mapAllowedTargetSelectorChainIds[key] = statuses[i];
        }
        emit SetTargetSelectors(targets, selectors, chainIds, statuses);
    }

    function changeGovernor(address governor_) external {
        governor = governor_;
        emit GovernorUpdated(governor_);
    }

    function lift() external {
        paused = 2;
    }
}

/// A governor that says of its one proposal what it was told to say.
contract Judged {
    uint256 public said;

    function say(uint256 state_) external {
        said = state_;
    }

    function state(uint256 proposal) external view returns (uint256) {
        require(proposal == 7 && said > 0, "unknown proposal");
        return said - 1;
    }
}

/// What names its owner and who mints, and pauses in numbers of its own, where one is that it is not paused.
contract Minted {
    address public owner;
    address public minter;
    uint8 public paused = 1;

    constructor(address owner_, address minter_) {
        (owner, minter) = (owner_, minter_);
    }
}
