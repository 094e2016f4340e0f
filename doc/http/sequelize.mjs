// Returns and deliveries as models of Sequelize 6. create() is lr_return or lr_deliver, save() with a
// new status is the command that makes the move; the database decides, and fills in what it decided.
import { DataTypes } from 'sequelize';

export function define(sequelize) {
	const options = { schema: 'leadreturns', timestamps: false, underscored: true };
	// of its own for each model, which writes into it
	const key = () => ({ type: DataTypes.BIGINT, primaryKey: true, autoIncrement: true });
	const Delivery = sequelize.define('Delivery', {
		deliveryId: key(),
		leadId: DataTypes.BIGINT,
		accountId: DataTypes.BIGINT,
		supplierId: DataTypes.BIGINT,
		price: DataTypes.DECIMAL(14, 2),
		cost: DataTypes.DECIMAL(14, 2),
		status: DataTypes.TEXT,
		email: DataTypes.TEXT,
		deliveredAt: DataTypes.DATE,
	}, { ...options, tableName: 'deliveries' });
	const Return = sequelize.define('Return', {
		returnId: key(),
		deliveryId: DataTypes.BIGINT,
		leadId: DataTypes.BIGINT,
		reason: DataTypes.TEXT,
		note: DataTypes.TEXT,
		idempotencyKey: DataTypes.TEXT,
		status: DataTypes.TEXT,
		review: DataTypes.TEXT,
		decisionNote: DataTypes.TEXT,
		assignee: DataTypes.TEXT,
		credit: DataTypes.DECIMAL(14, 2),
		clawback: DataTypes.DECIMAL(14, 2),
		requestedAt: DataTypes.DATE,
		ageHours: DataTypes.DECIMAL(12, 2),
	}, { ...options, tableName: 'returns' });
	Return.belongsTo(Delivery, { foreignKey: 'deliveryId', as: 'delivery' });
	return { Delivery, Return };
}
