// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// Answers like a Safe of strangers, while the key that made it does with it what it likes.
contract Liar {
    address private immutable key = msg.sender;
    address[] private owners;
    uint256 public getThreshold;

    constructor(address[] memory owners_, uint256 threshold) {
        (owners, getThreshold) = (owners_, threshold);
    }

    function getOwners() external view returns (address[] memory) {
        return owners;
    }

    function getModulesPaginated(address, uint256) external pure returns (address[] memory none, address next) {
        return (none, address(1));
    }

    function act(address to, bytes calldata data) external {
        require(msg.sender == key);
        (bool done, ) = to.call(data);
        require(done);
    }
}
